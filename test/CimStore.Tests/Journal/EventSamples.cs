using System.Text;
using CimStore.Content;
using CimStore.Journal;
using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Tests.Journal;

/// <summary>One or more entries of every event type, always the same: golden files are made of them.</summary>
internal static class EventSamples
{
    public static readonly ChainId Chain = new(new Guid("0192f000-0000-7000-8000-00000000c4a1"));
    public static readonly byte[] Salt = [.. Enumerable.Range(1, EntryCodec.SaltSizeBytes).Select(i => (byte)i)];
    public static readonly DateTimeOffset At =
        new DateTimeOffset(2026, 11, 22, 21, 49, 0, TimeSpan.Zero).AddTicks(1234567);
    public static readonly LocationId Hot = new("hot");
    public static readonly Reference Pin = new(OwnerId.Local, NamespaceId.Default, null);
    public static readonly Reference Name = new(new OwnerId("ada"), new NamespaceId("letters"), "to/Charles ❤");

    public static Cid Content(string text)
    {
        var digest = new byte[Blake3.HashSizeBytes];
        Blake3.Hash(Encoding.UTF8.GetBytes(text), digest);
        return Cid.ForRaw(digest);
    }

    public static Cid Sha(string text) => Cid.FromDigest(
        Codecs.DagCbor, HashFunctions.Sha256,
        System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    public static MessageId Id(int number) => new(new Guid(number, 0, 0x7000, 0x80, 0, 0, 0, 0, 0, 0, 1));

    public static IEnumerable<(string Name, StorageEvent Event)> All()
    {
        var key = ContentKey.Shared(Content("hello"));
        var copy = new Copy(Hot, 7, CopyState.Verified, CopyHeader.Plain, At);
        var stored = new StorageEvent.Stored(
            key, Content("hello"), 5, Hot, StorageTier.Hot, DurabilityClass.Ephemeral, DataClass.Content,
            AccessPattern.Unspecified, CopyHeader.Plain, Pin, false, Receipt(0));
        yield return ("stored", stored);
        yield return ("stored-everything", stored with
        {
            Key = new ContentKey(new DedupDomain(300), Sha("hello")),
            SizeBytes = 70_000_000_000,
            Tier = StorageTier.Cold,
            Class = DurabilityClass.Critical,
            DataClass = DataClass.Financial,
            Pattern = AccessPattern.Archival,
            Header = new CopyHeader(1, 2, "key-1"),
            Reference = Name,
            Deduplicated = true,
            Receipt = Receipt(2),
            GraceEndsAt = At.AddDays(1),
        });
        yield return ("stored-elsewhere", stored with { Location = new LocationId("jetstream"), Incarnation = 70_000 });
        yield return ("stored-unreferenced", stored with { Reference = null, GraceEndsAt = At.AddHours(24) });
        yield return ("retrieved", new StorageEvent.Retrieved(key, Hot, TimeSpan.FromMicroseconds(321)));
        yield return (
            "retrieved-many", new StorageEvent.Retrieved(key, Hot, TimeSpan.FromMicroseconds(321), 70_000));
        yield return ("replicated", new StorageEvent.Replicated(
            key,
            [copy, new Copy(new LocationId("warm"), 70_000, CopyState.Releasing, new CopyHeader(1, 0, null), At)]));
        yield return ("migrated", new StorageEvent.Migrated(key, StorageTier.Hot, StorageTier.Warm));
        yield return ("failed", new StorageEvent.Failed(key, "full", "No space left on the device."));
        yield return ("failed-without-content", new StorageEvent.Failed(null, "refused", ""));
        yield return ("deleted", new StorageEvent.Deleted(key, Pin, At.AddDays(1)));
        yield return ("deleted-one-of-many", new StorageEvent.Deleted(key, Name, null));
        yield return ("released", new StorageEvent.Released(key, Hot, 7));
        yield return ("verified", new StorageEvent.Verified(key, Hot, ulong.MaxValue));
        yield return (
            "corruption_detected", new StorageEvent.CorruptionDetected(key, Hot, 7, "group 3 at offset 49152"));
        yield return ("repaired", new StorageEvent.Repaired(key, copy));
        var recovered = new StorageEvent.Recovered(
            key, Content("hello"), 5, StorageTier.Warm, DurabilityClass.Ephemeral, copy, At.AddDays(-400));
        yield return ("recovered", recovered);
        yield return ("recovered-everything", recovered with
        {
            Key = new ContentKey(new DedupDomain(300), Sha("hello")),
            SizeBytes = 70_000_000_000,
            Tier = StorageTier.Cold,
            Class = DurabilityClass.Critical,
            Copy = new Copy(
                new LocationId("cold"), 70_000, CopyState.Verified, new CopyHeader(1, 0, null),
                DateTimeOffset.UnixEpoch),
        });
        yield return ("referenced", new StorageEvent.Referenced(key, Name));
        yield return ("name_set", new StorageEvent.NameSet(Name, key, null, Lsn.None));
        yield return ("name_set-moved", new StorageEvent.NameSet(Name, key, Sha("before"), new Lsn(41)));
        yield return ("name_deleted", new StorageEvent.NameDeleted(Name, key, new Lsn(42), At.AddDays(1)));
        yield return ("unchanged", new StorageEvent.Unchanged(key, new Lsn(42)));
        yield return ("unchanged-without-content", new StorageEvent.Unchanged(null, Lsn.None));
    }

    public static EventContext Context(bool isRoot) => isRoot
        ? new EventContext(Id(1), Id(1), Id(1), EventContext.ActorDefault, default)
        : new EventContext(Id(1), Id(2), Id(3), "ada@example.org", new byte[16]);

    public static byte[] Encode(StorageEvent happened, EventContext context, Lsn lsn, Cid? previous)
    {
        var draft = new EntryDraft();
        draft.Write(Chain, Id(99), At, context, happened, Salt);
        var bytes = new byte[draft.SizeMax];
        var size = draft.Seal(lsn, previous, bytes, out _);
        return bytes[..size];
    }

    public static JournalEntry Entry(StorageEvent happened, bool isRoot = true) =>
        EntryCodec.Read(Encode(happened, Context(isRoot), new Lsn(12), Content("previous")), out _, out _);

    private static DurabilityReceipt Receipt(int owed) => new()
    {
        Level = ConsistencyLevel.Strong,
        Class = owed == 0 ? DurabilityClass.Ephemeral : DurabilityClass.Critical,
        Copies = [new CopyReceipt(Hot, StorageTier.Hot, "node:local", 1, true)],
        CopiesOwed = owed,
        Synced = true,
        Lsn = Lsn.None,
        Reason = "D4 [0, 1 KiB): with the journal",
    };
}
