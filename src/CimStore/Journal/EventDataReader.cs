using System.Collections.Immutable;
using CimStore.Content;
using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Journal;

/// <summary>Reads what <see cref="EventDataWriter"/> writes.</summary>
internal static class EventDataReader
{
    public static StorageEvent Read(ref EntryReader reader, string type, ContentKey? about, Reference? reference)
    {
        var left = reader.Map();
        var key = about ?? default;
        if (about is null && type is not (EventTypes.Failed or EventTypes.Unchanged))
        {
            throw reader.Broken("the event names no content");
        }

        StorageEvent happened = type switch
        {
            EventTypes.Stored => ReadStored(ref reader, ref left, key, reference),
            EventTypes.Retrieved => ReadRetrieved(ref reader, ref left, key),
            EventTypes.Replicated => new StorageEvent.Replicated(key, ReadCopies(ref reader, ref left)),
            EventTypes.Migrated => ReadMigrated(ref reader, ref left, key),
            EventTypes.Failed => new StorageEvent.Failed(
                about, Text(ref reader, ref left, "error"u8), Text(ref reader, ref left, "detail"u8)),
            EventTypes.Unchanged => new StorageEvent.Unchanged(about, Lsn(ref reader, ref left, "found"u8)),
            EventTypes.Deleted => ReadDeleted(ref reader, ref left, key, reference),
            _ => ReadRest(ref reader, ref left, type, key, reference),
        };
        reader.End(left);
        return happened;
    }

    private static StorageEvent ReadRest(
        ref EntryReader reader, ref int left, string type, ContentKey key, Reference? reference)
    {
        switch (type)
        {
            case EventTypes.Released:
                var released = Number(ref reader, ref left, "inc"u8);
                return new StorageEvent.Released(key, Location(ref reader, ref left), released);
            case EventTypes.Verified:
                var verified = Number(ref reader, ref left, "inc"u8);
                return new StorageEvent.Verified(key, Location(ref reader, ref left), verified);
            case EventTypes.CorruptionDetected:
                var corrupt = Number(ref reader, ref left, "inc"u8);
                return new StorageEvent.CorruptionDetected(
                    key, Location(ref reader, ref left), corrupt, Text(ref reader, ref left, "detail"u8));
            case EventTypes.Repaired:
                reader.Key("copy"u8, ref left);
                return new StorageEvent.Repaired(key, ReadCopy(ref reader));
            case EventTypes.Recovered:
                return ReadRecovered(ref reader, ref left, key);
            case EventTypes.Referenced when reference is not null:
                return new StorageEvent.Referenced(key, reference with { Base = Lsn(ref reader, ref left) });
            case EventTypes.NameSet when reference?.Name is not null:
                var previous = Lsn(ref reader, ref left);
                Cid? previousCid = reader.TryKey("prevcid"u8, ref left) ? reader.Link() : null;
                return new StorageEvent.NameSet(reference, key, previousCid, previous);
            case EventTypes.NameDeleted when reference?.Name is not null:
                var before = Lsn(ref reader, ref left);
                return new StorageEvent.NameDeleted(
                    reference, key, before, Instant(ref reader, ref left, "grace"u8));
            default:
                throw reader.Broken($"the event type '{type}' is unknown here, or lacks its name");
        }
    }

    private static StorageEvent.Deleted ReadDeleted(
        ref EntryReader reader, ref int left, ContentKey key, Reference? reference)
    {
        var decidedOn = Lsn(ref reader, ref left);
        return decidedOn != Objects.Lsn.None && reference is null
            ? throw reader.Broken("the revision of a name on a reference that is missing")
            : new StorageEvent.Deleted(
                key, reference is null ? null : reference with { Base = decidedOn },
                Instant(ref reader, ref left, "grace"u8));
    }

    private static StorageEvent.Retrieved ReadRetrieved(ref EntryReader reader, ref int left, ContentKey key)
    {
        var count = reader.TryKey("n"u8, ref left) ? (long)reader.Unsigned() : 1;
        return new StorageEvent.Retrieved(
            key, Location(ref reader, ref left), TimeSpan.FromTicks(Signed(ref reader, ref left, "took"u8)), count);
    }

    private static StorageEvent.Stored ReadStored(
        ref EntryReader reader, ref int left, ContentKey key, Reference? reference)
    {
        var incarnation = reader.TryKey("inc"u8, ref left) ? reader.Unsigned() : 0;
        var location = Location(ref reader, ref left);
        var root = ReadRoot(ref reader, ref left, key);
        var size = Number(ref reader, ref left, "size"u8);
        var tier = ReadTier(ref reader, ref left, "tier"u8);
        var durability = ReadClass(ref reader, ref left);
        var isDeduplicated = reader.TryKey("dedup"u8, ref left) && reader.Boolean();
        var grace = Instant(ref reader, ref left, "grace"u8);
        var dataClass = reader.TryKey("dclass"u8, ref left)
            ? reader.Enumeration(static value => (DataClass)value) : DataClass.Content;
        var header = reader.TryKey("header"u8, ref left) ? ReadHeader(ref reader) : CopyHeader.Plain;
        var pattern = reader.TryKey("pattern"u8, ref left)
            ? reader.Enumeration(static value => (AccessPattern)value) : AccessPattern.Unspecified;
        reader.Key("receipt"u8, ref left);
        return new StorageEvent.Stored(
            key, root, (long)size, location, tier, durability, dataClass, pattern, header, reference,
            isDeduplicated, ReadReceipt(ref reader), grace, incarnation);
    }

    private static Cid ReadRoot(ref EntryReader reader, ref int left, ContentKey key)
    {
        var root = EventDataWriter.RootOf(key.Cid);
        if (reader.TryKey("root"u8, ref left))
        {
            root = root.IsDefault
                ? Cid.ForRaw(reader.Bytes(Blake3.HashSizeBytes))
                : throw reader.Broken("a root beside a CID that is one");
        }

        return root.IsDefault ? throw reader.Broken("the root is missing") : root;
    }

    private static StorageEvent.Recovered ReadRecovered(ref EntryReader reader, ref int left, ContentKey key)
    {
        reader.Key("copy"u8, ref left);
        var copy = ReadCopy(ref reader);
        reader.Key("made"u8, ref left);
        var createdAt = reader.Instant();
        var root = ReadRoot(ref reader, ref left, key);
        var size = Number(ref reader, ref left, "size"u8);
        var tier = ReadTier(ref reader, ref left, "tier"u8);
        return new StorageEvent.Recovered(
            key, root, (long)size, tier, ReadClass(ref reader, ref left), copy, createdAt);
    }

    private static DurabilityReceipt ReadReceipt(ref EntryReader reader)
    {
        var left = reader.Map();
        reader.Key("lvl"u8, ref left);
        var level = reader.Enumeration(static value => (ConsistencyLevel)value);
        var why = Text(ref reader, ref left, "why"u8);
        var owed = reader.TryKey("owed"u8, ref left) ? (int)reader.Unsigned() : 0;
        var durability = ReadClass(ref reader, ref left);
        reader.Key("copies"u8, ref left);
        var copies = new CopyReceipt[reader.Array()];
        for (var index = 0; index < copies.Length; index++)
        {
            Five(ref reader);
            copies[index] = new CopyReceipt(
                new LocationId(reader.Text()), reader.Enumeration(static value => (StorageTier)value), reader.Text(),
                (int)reader.Unsigned(), reader.Boolean());
        }

        reader.Key("synced"u8, ref left);
        var isSynced = reader.Boolean();
        reader.End(left);
        return new DurabilityReceipt
        {
            Level = level,
            Class = durability,
            Copies = ImmutableArray.Create(copies),
            CopiesOwed = owed,
            Synced = isSynced,
            Lsn = Objects.Lsn.None,
            Reason = why,
        };
    }

    private static StorageEvent.Migrated ReadMigrated(ref EntryReader reader, ref int left, ContentKey key)
    {
        var to = ReadTier(ref reader, ref left, "to"u8);
        return new StorageEvent.Migrated(key, ReadTier(ref reader, ref left, "from"u8), to);
    }

    private static ImmutableArray<Copy> ReadCopies(ref EntryReader reader, ref int left)
    {
        reader.Key("copies"u8, ref left);
        var copies = ImmutableArray.CreateBuilder<Copy>();
        for (var count = reader.Array(); count > 0; count--)
        {
            copies.Add(ReadCopy(ref reader));
        }

        return copies.ToImmutable();
    }

    private static Copy ReadCopy(ref EntryReader reader)
    {
        Five(ref reader);
        return new Copy(
            new LocationId(reader.Text()), reader.Unsigned(), reader.Enumeration(static value => (CopyState)value),
            ReadHeader(ref reader), reader.Instant());
    }

    private static CopyHeader ReadHeader(ref EntryReader reader)
    {
        if (reader.TryNull())
        {
            return CopyHeader.Plain;
        }

        if (reader.Array() != 3)
        {
            throw reader.Broken("a header has three parts");
        }

        return new CopyHeader(
            Small(ref reader), Small(ref reader), reader.TryNull() ? null : reader.Text());
    }

    private static byte Small(ref EntryReader reader)
    {
        var value = reader.Unsigned();
        return value <= byte.MaxValue ? (byte)value : throw reader.Broken($"{value} is more than a byte");
    }

    private static void Five(ref EntryReader reader)
    {
        if (reader.Array() != 5)
        {
            throw reader.Broken("a copy has five parts");
        }
    }

    private static DurabilityClass ReadClass(ref EntryReader reader, ref int left)
    {
        reader.Key("class"u8, ref left);
        return reader.Enumeration(static value => (DurabilityClass)value);
    }

    private static StorageTier ReadTier(ref EntryReader reader, ref int left, ReadOnlySpan<byte> name)
    {
        reader.Key(name, ref left);
        return reader.Enumeration(static value => (StorageTier)value);
    }

    private static LocationId Location(ref EntryReader reader, ref int left) =>
        new(Text(ref reader, ref left, "loc"u8));

    private static Lsn Lsn(ref EntryReader reader, ref int left) => Lsn(ref reader, ref left, "prev"u8);

    private static Lsn Lsn(ref EntryReader reader, ref int left, ReadOnlySpan<byte> name) =>
        new(reader.TryKey(name, ref left) ? reader.Unsigned() : 0);

    private static DateTimeOffset? Instant(ref EntryReader reader, ref int left, ReadOnlySpan<byte> name) =>
        reader.TryKey(name, ref left) ? reader.Instant() : null;

    private static string Text(ref EntryReader reader, ref int left, ReadOnlySpan<byte> name)
    {
        reader.Key(name, ref left);
        return reader.Text();
    }

    private static ulong Number(ref EntryReader reader, ref int left, ReadOnlySpan<byte> name)
    {
        reader.Key(name, ref left);
        return reader.Unsigned();
    }

    private static long Signed(ref EntryReader reader, ref int left, ReadOnlySpan<byte> name)
    {
        reader.Key(name, ref left);
        return reader.Signed();
    }
}
