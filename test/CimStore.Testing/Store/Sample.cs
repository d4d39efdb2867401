using System.Buffers;
using System.Collections.Immutable;
using CimStore.Content;
using CimStore.Disk;
using CimStore.Journal;
using CimStore.Locations;
using CimStore.Objects;
using Xunit;

namespace CimStore.Testing.Store;

/// <summary>Contents and changes as the engine would make them.</summary>
internal static class Sample
{
    public static readonly LocationId Hot = new("hot");

    public static readonly Reference Pin = new(OwnerId.Local, NamespaceId.Default, null);

    private static readonly DurabilityReceipt Receipt = new()
    {
        Level = ConsistencyLevel.Strong,
        Class = DurabilityClass.Ephemeral,
        Copies = [new CopyReceipt(Hot, StorageTier.Hot, "node:local", 1, true)],
        Synced = true,
        Lsn = Lsn.None,
        Reason = "seed-v1: fits the hot tier",
    };

    public static DiskStoreOptions Options(TempDirectory directory) =>
        new() { DataDirectory = directory.Path, ForceUnsafe = true };

    public static ValueTask<DiskStore> OpenAsync(TempDirectory directory) =>
        DiskStore.OpenAsync(Options(directory), TimeProvider.System, TestContext.Current.CancellationToken);

    /// <summary>Bytes that follow from the seed alone, so that a test can say what must be read back.</summary>
    public static byte[] Bytes(int seed, int size)
    {
        var bytes = new byte[size];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    public static ContentKey Key(ReadOnlySpan<byte> content)
    {
        Span<byte> digest = stackalloc byte[32];
        Blake3.Hash(content, digest);
        return ContentKey.Shared(Cid.ForRaw(digest));
    }

    public static EventContext Context(IdSource ids)
    {
        var id = ids.Next();
        return new EventContext(id, id, id, EventContext.ActorDefault, default);
    }

    public static JournalChange Store(
        IdSource ids, byte[] content, ObjectRecord? before = null, Reference? reference = null)
    {
        var key = Key(content);
        return new JournalChange(
            Context(ids),
            new StorageEvent.Stored(
                key, key.Cid, content.Length, Hot, StorageTier.Hot, DurabilityClass.Ephemeral, DataClass.Content,
                AccessPattern.Unspecified, CopyHeader.Plain, reference ?? Pin, Deduplicated: false,
                Receipt, GraceEndsAt: null),
            before,
            new AdmittedContent.Inline(new ReadOnlySequence<byte>(content)));
    }

    public static JournalChange StoreStaged(IdSource ids, byte[] content, IStagedContent staged) =>
        Store(ids, content) with { Content = new AdmittedContent.Staged(staged) };

    public static CopyManifest Manifest(byte[] content) => new(Key(content), content.Length, Key(content).Cid);

    public static byte[] Tree(byte[] content)
    {
        var nodes = new ArrayBufferWriter<byte>();
        Blake3Outboard.Build(content, new byte[32], nodes);
        return nodes.WrittenSpan.ToArray();
    }

    public static async Task<IStagedContent> StageAsync(DiskStore store, byte[] content, CancellationToken token)
    {
        const int Piece = 100_000;
        var staged = await store.StageAsync(content.Length, token);
        for (var offset = 0; offset < content.Length; offset += Piece)
        {
            await staged.WriteAsync(content.AsMemory(offset, Math.Min(Piece, content.Length - offset)), token);
        }

        await staged.WriteTreeAsync(Tree(content), token);
        await staged.SealAsync(Manifest(content), token);
        return staged;
    }

    public static JournalChange Delete(IdSource ids, ObjectRecord before, DateTimeOffset graceEndsAt) => new(
        Context(ids), new StorageEvent.Deleted(before.Key, Pin, graceEndsAt), before, null);

    public static ImmutableArray<JournalChange> Release(IdSource ids, ObjectRecord before) =>
    [
        .. before.Copies.Select(copy => new JournalChange(
            Context(ids), new StorageEvent.Released(before.Key, copy.Location, copy.Incarnation), before, null)),
    ];

    public static async Task<byte[]?> ReadAsync(DiskStore store, ContentKey key, CancellationToken cancellationToken)
    {
        if (await store.FindAsync(key, cancellationToken) is not { Copies: [var copy, ..] } record)
        {
            return null;
        }

        var bytes = new byte[record.SizeBytes];
        var read = await store.ReadAsync(key, copy, 0, bytes, cancellationToken);
        return read == bytes.Length ? bytes : null;
    }
}
