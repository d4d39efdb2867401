using System.Diagnostics;
using CimStore.Content;
using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Journal;

/// <summary>The fields of each event in the journal's form: docs/formats/events.md, "Fields of the events".</summary>
internal static class EventDataWriter
{
    public static void Write(EntryWriter writer, StorageEvent happened)
    {
        switch (happened)
        {
            case StorageEvent.Stored stored:
                WriteStored(writer, stored);
                break;
            case StorageEvent.Retrieved retrieved:
                writer.Map(2 + One(retrieved.Count != 1));
                if (retrieved.Count != 1)
                {
                    Number(writer, "n"u8, (ulong)retrieved.Count);
                }

                Text(writer, "loc"u8, retrieved.Location.Name);
                writer.Key("took"u8);
                writer.Signed(retrieved.Latency.Ticks);
                break;
            case StorageEvent.Replicated replicated:
                writer.Map(1);
                writer.Key("copies"u8);
                writer.Array(replicated.Replicas.Length);
                foreach (var copy in replicated.Replicas)
                {
                    WriteCopy(writer, copy);
                }

                break;
            case StorageEvent.Migrated migrated:
                writer.Map(2);
                Number(writer, "to"u8, (ulong)migrated.To);
                Number(writer, "from"u8, (ulong)migrated.From);
                break;
            case StorageEvent.Failed failed:
                writer.Map(2);
                Text(writer, "error"u8, failed.Error);
                Text(writer, "detail"u8, failed.Detail);
                break;
            case StorageEvent.Deleted deleted:
                writer.Map(Count(BaseOf(deleted.Reference)) + Count(deleted.GraceEndsAt));
                Lsn(writer, BaseOf(deleted.Reference));
                Instant(writer, "grace"u8, deleted.GraceEndsAt);
                break;
            default:
                WriteRest(writer, happened);
                break;
        }
    }

    private static void WriteRest(EntryWriter writer, StorageEvent happened)
    {
        switch (happened)
        {
            case StorageEvent.Released released:
                writer.Map(2);
                WriteHolding(writer, released.Location, released.Incarnation);
                break;
            case StorageEvent.Verified verified:
                writer.Map(2);
                WriteHolding(writer, verified.Location, verified.Incarnation);
                break;
            case StorageEvent.CorruptionDetected corrupt:
                writer.Map(3);
                WriteHolding(writer, corrupt.Location, corrupt.Incarnation);
                Text(writer, "detail"u8, corrupt.Detail);
                break;
            case StorageEvent.Repaired repaired:
                writer.Map(1);
                writer.Key("copy"u8);
                WriteCopy(writer, repaired.Copy);
                break;
            case StorageEvent.Recovered recovered:
                WriteRecovered(writer, recovered);
                break;
            case StorageEvent.Referenced referenced:
                writer.Map(Count(BaseOf(referenced.Reference)));
                Lsn(writer, BaseOf(referenced.Reference));
                break;
            case StorageEvent.NameSet set:
                writer.Map(Count(set.Previous) + (set.PreviousCid is null ? 0 : 1));
                Lsn(writer, set.Previous);
                if (set.PreviousCid is { } cid)
                {
                    writer.Key("prevcid"u8);
                    writer.Link(cid);
                }

                break;
            case StorageEvent.NameDeleted deleted:
                writer.Map(Count(deleted.Previous) + Count(deleted.GraceEndsAt));
                Lsn(writer, deleted.Previous);
                Instant(writer, "grace"u8, deleted.GraceEndsAt);
                break;
            case StorageEvent.Unchanged unchanged:
                writer.Map(Count(unchanged.Found));
                if (unchanged.Found != Objects.Lsn.None)
                {
                    Number(writer, "found"u8, unchanged.Found.Value);
                }

                break;
            default:
                throw new UnreachableException();
        }
    }

    private static Lsn BaseOf(Reference? reference) => reference?.Base ?? Objects.Lsn.None;

    private static void WriteStored(EntryWriter writer, StorageEvent.Stored stored)
    {
        var hasRoot = stored.Root != RootOf(stored.Key.Cid);
        var hasHeader = stored.Header != CopyHeader.Plain;
        writer.Map(5 + One(hasRoot) + One(stored.Deduplicated) + Count(stored.GraceEndsAt) + One(hasHeader)
            + One(stored.DataClass != 0) + One(stored.Pattern != 0) + One(stored.Incarnation != 0));
        if (stored.Incarnation != 0)
        {
            Number(writer, "inc"u8, stored.Incarnation);
        }

        Text(writer, "loc"u8, stored.Location.Name);
        if (hasRoot)
        {
            writer.Key("root"u8);
            writer.Bytes(stored.Root.Digest);
        }

        writer.Key("size"u8);
        writer.Unsigned((ulong)stored.SizeBytes);
        Number(writer, "tier"u8, (ulong)stored.Tier);
        Number(writer, "class"u8, (ulong)stored.Class);
        if (stored.Deduplicated)
        {
            writer.Key("dedup"u8);
            writer.Boolean(true);
        }

        Instant(writer, "grace"u8, stored.GraceEndsAt);
        if (stored.DataClass != 0)
        {
            Number(writer, "dclass"u8, (ulong)stored.DataClass);
        }

        if (hasHeader)
        {
            writer.Key("header"u8);
            WriteHeader(writer, stored.Header);
        }

        if (stored.Pattern != 0)
        {
            Number(writer, "pattern"u8, (ulong)stored.Pattern);
        }

        writer.Key("receipt"u8);
        WriteReceipt(writer, stored.Receipt);
    }

    private static void WriteRecovered(EntryWriter writer, StorageEvent.Recovered recovered)
    {
        var hasRoot = recovered.Root != RootOf(recovered.Key.Cid);
        writer.Map(5 + One(hasRoot));
        writer.Key("copy"u8);
        WriteCopy(writer, recovered.Copy);
        Instant(writer, "made"u8, recovered.CreatedAt);
        if (hasRoot)
        {
            writer.Key("root"u8);
            writer.Bytes(recovered.Root.Digest);
        }

        writer.Key("size"u8);
        writer.Unsigned((ulong)recovered.SizeBytes);
        Number(writer, "tier"u8, (ulong)recovered.Tier);
        Number(writer, "class"u8, (ulong)recovered.Class);
    }

    private static void WriteReceipt(EntryWriter writer, DurabilityReceipt receipt)
    {
        writer.Map(5 + One(receipt.CopiesOwed != 0));
        Number(writer, "lvl"u8, (ulong)receipt.Level);
        Text(writer, "why"u8, receipt.Reason);
        if (receipt.CopiesOwed != 0)
        {
            Number(writer, "owed"u8, (ulong)receipt.CopiesOwed);
        }

        Number(writer, "class"u8, (ulong)receipt.Class);
        writer.Key("copies"u8);
        writer.Array(receipt.Copies.Length);
        foreach (var copy in receipt.Copies)
        {
            writer.Array(5);
            writer.Text(copy.Location.Name);
            writer.Unsigned((ulong)copy.Tier);
            writer.Text(copy.FailureDomain);
            writer.Unsigned((ulong)copy.Shards);
            writer.Boolean(copy.Synced);
        }

        writer.Key("synced"u8);
        writer.Boolean(receipt.Synced);
    }

    /// <summary>The root of content whose own CID is BLAKE3; default (no CID) for any other.</summary>
    public static Cid RootOf(in Cid cid) =>
        cid.HashFunction == HashFunctions.Blake3 && cid.Digest.Length == Blake3.HashSizeBytes
            ? Cid.ForRaw(cid.Digest)
            : default;

    private static void WriteHolding(EntryWriter writer, LocationId location, ulong incarnation)
    {
        Number(writer, "inc"u8, incarnation);
        Text(writer, "loc"u8, location.Name);
    }

    private static void WriteCopy(EntryWriter writer, Copy copy)
    {
        writer.Array(5);
        writer.Text(copy.Location.Name);
        writer.Unsigned(copy.Incarnation);
        writer.Unsigned((ulong)copy.State);
        WriteHeader(writer, copy.Header);
        writer.Instant(copy.VerifiedAt);
    }

    private static void WriteHeader(EntryWriter writer, CopyHeader header)
    {
        if (header == CopyHeader.Plain)
        {
            writer.Null();
            return;
        }

        writer.Array(3);
        writer.Unsigned(header.Compression);
        writer.Unsigned(header.Encryption);
        if (header.KeyId is null)
        {
            writer.Null();
        }
        else
        {
            writer.Text(header.KeyId);
        }
    }

    private static void Lsn(EntryWriter writer, Lsn lsn)
    {
        if (lsn.Value != 0)
        {
            Number(writer, "prev"u8, lsn.Value);
        }
    }

    private static void Instant(EntryWriter writer, ReadOnlySpan<byte> key, DateTimeOffset? at)
    {
        if (at is { } instant)
        {
            writer.Key(key);
            writer.Instant(instant);
        }
    }

    private static void Text(EntryWriter writer, ReadOnlySpan<byte> key, string text)
    {
        writer.Key(key);
        writer.Text(text);
    }

    private static void Number(EntryWriter writer, ReadOnlySpan<byte> key, ulong value)
    {
        writer.Key(key);
        writer.Unsigned(value);
    }

    private static int Count(DateTimeOffset? at) => at is null ? 0 : 1;

    private static int Count(Lsn lsn) => lsn.Value == 0 ? 0 : 1;

    private static int One(bool isPresent) => isPresent ? 1 : 0;
}
