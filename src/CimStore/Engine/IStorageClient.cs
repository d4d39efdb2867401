using System.IO.Pipelines;
using CimStore.Content;
using CimStore.Journal;
using CimStore.Objects;

namespace CimStore.Engine;

/// <summary>
/// What a user of CimStore can do. Two implementations: in-process on a data directory, and HTTP to a node; same
/// results,
/// same errors. Refusals by a rule are <see cref="RefusedException"/>; failures outside are
/// <see cref="Locations.LocationException"/>; wrong bytes are <see cref="Locations.IntegrityException"/>.
/// </summary>
public interface IStorageClient : IAsyncDisposable
{
    /// <summary>Stores content of any size; returns when what the class and level demand is durable.</summary>
    /// <exception cref="RefusedException">
    /// Nothing was stored: expected CID differs, message id reused, limit, lock.
    /// </exception>
    ValueTask<StoreResult> StoreAsync(PipeReader content, StoreRequest request, CancellationToken cancellationToken);

    /// <summary>Stores many small contents with one sync; each item has its own result, in order.</summary>
    ValueTask<IReadOnlyList<StoreItemResult>> StoreManyAsync(
        IReadOnlyList<StoreItem> items, StoreRequest request, CancellationToken cancellationToken);

    /// <summary>Opens content for reading. Null when it is not here.</summary>
    ValueTask<IContentReader?> OpenAsync(Cid cid, RetrieveRequest request, CancellationToken cancellationToken);

    /// <summary>
    /// Reads content from <paramref name="offset"/> on into the caller's memory, as much as fits: for content that is
    /// small, or blocks of it, without a reader and a pipe. What counts as read is proved.
    /// </summary>
    /// <returns>Bytes read, fewer than fit only at the end, 0 past it; null when the content is not here.</returns>
    /// <exception cref="Locations.IntegrityException">
    /// The block cannot be had; what <paramref name="destination"/> holds now is of no account.
    /// </exception>
    ValueTask<int?> ReadAsync(
        Cid cid, RetrieveRequest request, long offset, Memory<byte> destination, CancellationToken cancellationToken);

    /// <summary>The object's record, tombstones included; null when the node never heard of it.</summary>
    ValueTask<ObjectRecord?> StatAsync(Cid cid, CancellationToken cancellationToken);

    /// <summary>Objects in ascending order of the CID's text, after <paramref name="after"/>.</summary>
    IAsyncEnumerable<ObjectRecord> ListAsync(Cid? after, CancellationToken cancellationToken);

    /// <summary>Removes a reference; the content goes, after its grace, when none is left.</summary>
    ValueTask<DeleteResult> DeleteAsync(Cid cid, DeleteRequest request, CancellationToken cancellationToken);

    /// <summary>Has so many effective copies: makes what lacks, gives up what is too many, never below the class.
    /// </summary>
    /// <exception cref="RefusedException">
    /// Nothing was changed: <c>below-class</c>, <c>no-location</c>, <c>not-found-here</c>.
    /// </exception>
    /// <exception cref="Locations.LocationException">Some copies may have been made, and stay.</exception>
    ValueTask<CopiesResult> ReplicateAsync(Cid cid, ReplicateRequest request, CancellationToken cancellationToken);

    /// <summary>
    /// Moves the object to a tier: a proved copy there, the event, and what its class does not need given up elsewhere.
    /// </summary>
    /// <exception cref="RefusedException">Nothing was changed: <c>no-location</c>, <c>not-found-here</c>.</exception>
    /// <exception cref="Locations.LocationException">It is where it was; a copy too many may have been made.
    /// </exception>
    ValueTask<CopiesResult> MigrateAsync(Cid cid, MigrateRequest request, CancellationToken cancellationToken);

    /// <summary>
    /// Waits until the node has seen the position of a receipt: whatever is asked after that, lists and names too, is
    /// answered from a state that has everything up to there.
    /// </summary>
    /// <param name="request">The position, and who asks.</param>
    /// <param name="about">The content it is about; null where it is about none.</param>
    /// <param name="cancellationToken">Stops the waiting.</param>
    /// <exception cref="RefusedException">It was not seen in time (<c>token-not-observed</c>).</exception>
    ValueTask ObserveAsync(RetrieveRequest request, Cid? about, CancellationToken cancellationToken);

    /// <summary>Reads every copy from its medium and proves it. Null when the content is not here.</summary>
    ValueTask<VerifyResult?> VerifyAsync(Cid cid, CancellationToken cancellationToken);

    /// <summary>
    /// Looks at everything: warnings, ledger, events, every record of the log, the index, and every copy. The store may
    /// be used meanwhile; space is given back only when the log was read. It ends with the token, or when the sequence
    /// is left.
    /// </summary>
    /// <exception cref="RefusedException">Another check is running (<c>check-running</c>).</exception>
    IAsyncEnumerable<CheckStep> CheckAsync(CheckRequest request, CancellationToken cancellationToken);

    /// <summary>Why the object is where it is. Null when the node never heard of it.</summary>
    ValueTask<Explanation?> ExplainAsync(Cid cid, CancellationToken cancellationToken);

    /// <summary>
    /// Events after <paramref name="after"/> in order; with <paramref name="follow"/> waits for more.
    /// </summary>
    IAsyncEnumerable<JournalEntry> EventsAsync(Lsn after, bool follow, CancellationToken cancellationToken);

    /// <summary>Creates or moves a name. With <see cref="NameSetRequest.Expected"/> it is a compare-and-set.</summary>
    ValueTask<NameRecord> SetNameAsync(NameSetRequest request, CancellationToken cancellationToken);

    ValueTask<NameRecord> DeleteNameAsync(NameSetRequest request, CancellationToken cancellationToken);

    /// <returns>The name's record; its CID is null when it was deleted. Null when it never existed.</returns>
    ValueTask<NameRecord?> FindNameAsync(OwnedSpace space, string name, CancellationToken cancellationToken);

    IAsyncEnumerable<NameRecord> ListNamesAsync(OwnedSpace space, string? after, CancellationToken cancellationToken);

    /// <summary>All states of the name, newest first.</summary>
    IAsyncEnumerable<NameRecord> NameHistoryAsync(OwnedSpace space, string name, CancellationToken cancellationToken);

    /// <summary>The current state (when there is one), then each change as it happens, without a gap.</summary>
    IAsyncEnumerable<NameRecord> WatchNameAsync(OwnedSpace space, string name, CancellationToken cancellationToken);

    ValueTask<NodeStatus> StatusAsync(CancellationToken cancellationToken);
}
