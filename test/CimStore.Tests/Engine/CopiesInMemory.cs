using System.Buffers;
using System.IO.Pipelines;
using CimStore.Content;
using CimStore.Engine;
using CimStore.Journal;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Testing.Memory;
using CimStore.Tests.Journal;
using Xunit;

namespace CimStore.Tests.Engine;

/// <summary>A node without a cache over copies in memory, which tests damage one by one.</summary>
internal static class CopiesInMemory
{
    private static readonly IdSource Ids = new(TimeProvider.System);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static Task<byte[]> ReadAsync(StorageNode node, StoreResult stored, int offset, int size) =>
        ReadAsync(node, stored.Cid, offset, size);

    public static async Task<byte[]> ReadAsync(StorageNode node, Cid cid, int offset, int size)
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        await using var reader = await node.OpenAsync(cid, RetrieveRequest.Default, Token);
        await reader!.CopyToAsync(pipe.Writer, offset, size, Token);
        await pipe.Writer.CompleteAsync();
        return (await pipe.Reader.ReadAtLeastAsync(size, Token)).Buffer.ToArray();
    }

    public static ValueTask<StorageNode> OpenAsync(MemoryStore store, params ILocation[] locations)
    {
        var options = new StorageNodeOptions();
        options.Cache.SizeMaxBytes = 0;
        return StorageNode.OpenAsync(
            new StorageNodePorts(store, store, [.. locations], store), TimeProvider.System, Ids, options, null, Token);
    }

    public static ValueTask<StoreResult> StoreAsync(StorageNode node, byte[] content) => node.StoreAsync(
        PipeReader.Create(new ReadOnlySequence<byte>(content)), StoreRequest.Default, Token);

    public static async Task ReplicateAsync(MemoryStore first, MemoryStore second, StoreResult stored)
    {
        var (bytes, tree) = first.Take(stored.Receipt.Lsn.Value);
        second.Plant(77, [.. bytes], [.. tree]);
        var copy = new Copy(second.Id, 77, CopyState.Verified, CopyHeader.Plain, DateTimeOffset.UtcNow);
        var replicated = new StorageEvent.Replicated(ContentKey.Shared(stored.Cid), [copy]);
        await first.AppendAsync([new JournalChange(EventSamples.Context(true), replicated, null, null)], Token);
        first.Plant(stored.Receipt.Lsn.Value, [.. bytes], [.. tree]);
    }
}
