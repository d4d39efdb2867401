using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using CimStore.Content;
using CimStore.Engine;
using CimStore.Journal;
using CimStore.Objects;

namespace CimStore.Disk.Embedded;

/// <summary>
/// The engine on a data directory, opened at the first use: a container makes its services synchronously.
/// </summary>
internal sealed class EmbeddedClient(Func<ValueTask<IStorageClient>> open) : IStorageClient
{
    private readonly Lazy<Task<IStorageClient>> _node = new(() => open().AsTask());

    public async ValueTask<StoreResult> StoreAsync(
        PipeReader content, StoreRequest request, CancellationToken cancellationToken) =>
        await (await _node.Value).StoreAsync(content, request, cancellationToken);

    public async ValueTask<IReadOnlyList<StoreItemResult>> StoreManyAsync(
        IReadOnlyList<StoreItem> items, StoreRequest request, CancellationToken cancellationToken) =>
        await (await _node.Value).StoreManyAsync(items, request, cancellationToken);

    public async ValueTask<IContentReader?> OpenAsync(
        Cid cid, RetrieveRequest request, CancellationToken cancellationToken) =>
        await (await _node.Value).OpenAsync(cid, request, cancellationToken);

    public async ValueTask<int?> ReadAsync(
        Cid cid, RetrieveRequest request, long offset, Memory<byte> destination, CancellationToken cancellationToken) =>
        await (await _node.Value).ReadAsync(cid, request, offset, destination, cancellationToken);

    public async ValueTask<ObjectRecord?> StatAsync(Cid cid, CancellationToken cancellationToken) =>
        await (await _node.Value).StatAsync(cid, cancellationToken);

    public IAsyncEnumerable<ObjectRecord> ListAsync(Cid? after, CancellationToken cancellationToken) =>
        EachAsync(node => node.ListAsync(after, cancellationToken), cancellationToken);

    public async ValueTask<DeleteResult> DeleteAsync(
        Cid cid, DeleteRequest request, CancellationToken cancellationToken) =>
        await (await _node.Value).DeleteAsync(cid, request, cancellationToken);

    public async ValueTask<CopiesResult> ReplicateAsync(
        Cid cid, ReplicateRequest request, CancellationToken cancellationToken) =>
        await (await _node.Value).ReplicateAsync(cid, request, cancellationToken);

    public async ValueTask<CopiesResult> MigrateAsync(
        Cid cid, MigrateRequest request, CancellationToken cancellationToken) =>
        await (await _node.Value).MigrateAsync(cid, request, cancellationToken);

    public async ValueTask<VerifyResult?> VerifyAsync(Cid cid, CancellationToken cancellationToken) =>
        await (await _node.Value).VerifyAsync(cid, cancellationToken);

    public IAsyncEnumerable<CheckStep> CheckAsync(CheckRequest request, CancellationToken cancellationToken) =>
        EachAsync(node => node.CheckAsync(request, cancellationToken), cancellationToken);

    public async ValueTask ObserveAsync(RetrieveRequest request, Cid? about, CancellationToken cancellationToken) =>
        await (await _node.Value).ObserveAsync(request, about, cancellationToken);

    public async ValueTask<Explanation?> ExplainAsync(Cid cid, CancellationToken cancellationToken) =>
        await (await _node.Value).ExplainAsync(cid, cancellationToken);

    public IAsyncEnumerable<JournalEntry> EventsAsync(Lsn after, bool follow, CancellationToken cancellationToken) =>
        EachAsync(node => node.EventsAsync(after, follow, cancellationToken), cancellationToken);

    public async ValueTask<NameRecord> SetNameAsync(NameSetRequest request, CancellationToken cancellationToken) =>
        await (await _node.Value).SetNameAsync(request, cancellationToken);

    public async ValueTask<NameRecord> DeleteNameAsync(NameSetRequest request, CancellationToken cancellationToken) =>
        await (await _node.Value).DeleteNameAsync(request, cancellationToken);

    public async ValueTask<NameRecord?> FindNameAsync(
        OwnedSpace space, string name, CancellationToken cancellationToken) =>
        await (await _node.Value).FindNameAsync(space, name, cancellationToken);

    public IAsyncEnumerable<NameRecord> ListNamesAsync(
        OwnedSpace space, string? after, CancellationToken cancellationToken) =>
        EachAsync(node => node.ListNamesAsync(space, after, cancellationToken), cancellationToken);

    public IAsyncEnumerable<NameRecord> NameHistoryAsync(
        OwnedSpace space, string name, CancellationToken cancellationToken) =>
        EachAsync(node => node.NameHistoryAsync(space, name, cancellationToken), cancellationToken);

    public IAsyncEnumerable<NameRecord> WatchNameAsync(
        OwnedSpace space, string name, CancellationToken cancellationToken) =>
        EachAsync(node => node.WatchNameAsync(space, name, cancellationToken), cancellationToken);

    public async ValueTask<NodeStatus> StatusAsync(CancellationToken cancellationToken) =>
        await (await _node.Value).StatusAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (_node.IsValueCreated && !_node.Value.IsFaulted)
        {
            await (await _node.Value).DisposeAsync();
        }
    }

    private async IAsyncEnumerable<T> EachAsync<T>(
        Func<IStorageClient, IAsyncEnumerable<T>> open,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var item in open(await _node.Value).WithCancellation(cancellationToken))
        {
            yield return item;
        }
    }
}
