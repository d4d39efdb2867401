using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using CimStore.Content;
using CimStore.Engine;
using CimStore.Journal;
using CimStore.Objects;

namespace CimStore.Server.Tests.Http;

/// <summary>
/// An engine that outlives the host in front of it, as a data directory does; counts the Stores in progress.
/// </summary>
internal sealed class KeptOpen(IStorageClient engine) : IStorageClient
{
    private int _feedsOpen;
    private long _eventsTaken;

    private readonly TaskCompletionSource _firstStoreEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private readonly TaskCompletionSource _firstStoreBegan = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>
    /// Completes when the engine is asked for a Store; before, a broken connection may not even get there.
    /// </summary>
    public Task FirstStoreBegan => _firstStoreBegan.Task;

    /// <summary>Completes when a Store has returned, faulted with what it threw.</summary>
    public Task FirstStoreEnded => _firstStoreEnded.Task;

    public async ValueTask<StoreResult> StoreAsync(
        PipeReader content, StoreRequest request, CancellationToken cancellationToken)
    {
        _firstStoreBegan.TrySetResult();
        try
        {
            var result = await engine.StoreAsync(content, request, cancellationToken);
            _firstStoreEnded.TrySetResult();
            return result;
        }
        catch (Exception failure)
        {
            _firstStoreEnded.TrySetException(failure);
            throw;
        }
    }

    public ValueTask<IReadOnlyList<StoreItemResult>> StoreManyAsync(
        IReadOnlyList<StoreItem> items, StoreRequest request, CancellationToken cancellationToken) =>
        engine.StoreManyAsync(items, request, cancellationToken);

    public ValueTask<IContentReader?> OpenAsync(
        Cid cid, RetrieveRequest request, CancellationToken cancellationToken) =>
        engine.OpenAsync(cid, request, cancellationToken);

    public ValueTask<int?> ReadAsync(
        Cid cid, RetrieveRequest request, long offset, Memory<byte> destination, CancellationToken cancellationToken) =>
        engine.ReadAsync(cid, request, offset, destination, cancellationToken);

    public ValueTask ObserveAsync(RetrieveRequest request, Cid? about, CancellationToken cancellationToken) =>
        engine.ObserveAsync(request, about, cancellationToken);

    public ValueTask<ObjectRecord?> StatAsync(Cid cid, CancellationToken cancellationToken) =>
        engine.StatAsync(cid, cancellationToken);

    public IAsyncEnumerable<ObjectRecord> ListAsync(Cid? after, CancellationToken cancellationToken) =>
        engine.ListAsync(after, cancellationToken);

    public ValueTask<DeleteResult> DeleteAsync(Cid cid, DeleteRequest request, CancellationToken cancellationToken) =>
        engine.DeleteAsync(cid, request, cancellationToken);

    public ValueTask<CopiesResult> ReplicateAsync(
        Cid cid, ReplicateRequest request, CancellationToken cancellationToken) =>
        engine.ReplicateAsync(cid, request, cancellationToken);

    public ValueTask<CopiesResult> MigrateAsync(
        Cid cid, MigrateRequest request, CancellationToken cancellationToken) =>
        engine.MigrateAsync(cid, request, cancellationToken);

    public ValueTask<VerifyResult?> VerifyAsync(Cid cid, CancellationToken cancellationToken) =>
        engine.VerifyAsync(cid, cancellationToken);

    public IAsyncEnumerable<CheckStep> CheckAsync(CheckRequest request, CancellationToken cancellationToken) =>
        engine.CheckAsync(request, cancellationToken);

    public ValueTask<Explanation?> ExplainAsync(Cid cid, CancellationToken cancellationToken) =>
        engine.ExplainAsync(cid, cancellationToken);

    /// <summary>Feeds that someone still reads.</summary>
    public int FeedsOpen => _feedsOpen;

    /// <summary>Of the endless feeds, all together.</summary>
    public long EventsTaken => Interlocked.Read(ref _eventsTaken);

    /// <summary>When set, every feed repeats this event without end, as fast as its reader takes it.</summary>
    public JournalEntry? Endless { get; set; }

    public async IAsyncEnumerable<JournalEntry> EventsAsync(
        Lsn after, bool follow, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _feedsOpen);
        try
        {
            for (var lsn = after.Value + 1; Endless is { } entry; lsn++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                Interlocked.Increment(ref _eventsTaken);
                yield return entry with { Lsn = new Lsn(lsn) };
            }

            await foreach (var entry in engine.EventsAsync(after, follow, cancellationToken))
            {
                yield return entry;
            }
        }
        finally
        {
            Interlocked.Decrement(ref _feedsOpen);
        }
    }

    public ValueTask<NameRecord> SetNameAsync(NameSetRequest request, CancellationToken cancellationToken) =>
        engine.SetNameAsync(request, cancellationToken);

    public ValueTask<NameRecord> DeleteNameAsync(NameSetRequest request, CancellationToken cancellationToken) =>
        engine.DeleteNameAsync(request, cancellationToken);

    public ValueTask<NameRecord?> FindNameAsync(
        OwnedSpace space, string name, CancellationToken cancellationToken) =>
        engine.FindNameAsync(space, name, cancellationToken);

    public IAsyncEnumerable<NameRecord> ListNamesAsync(
        OwnedSpace space, string? after, CancellationToken cancellationToken) =>
        engine.ListNamesAsync(space, after, cancellationToken);

    public IAsyncEnumerable<NameRecord> NameHistoryAsync(
        OwnedSpace space, string name, CancellationToken cancellationToken) =>
        engine.NameHistoryAsync(space, name, cancellationToken);

    public IAsyncEnumerable<NameRecord> WatchNameAsync(
        OwnedSpace space, string name, CancellationToken cancellationToken) =>
        engine.WatchNameAsync(space, name, cancellationToken);

    public ValueTask<NodeStatus> StatusAsync(CancellationToken cancellationToken) =>
        engine.StatusAsync(cancellationToken);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
