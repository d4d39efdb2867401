using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Engine;

/// <summary>
/// Port: when which object is to be looked at. It is made by reading the journal and may lose its end or all: then it
/// is read again, and only counts of reads that the journal never heard of are lost. One writer at a time, and nobody
/// looks for what is dated beside it; one object may be looked up at any time.
/// </summary>
public interface IDueIndex : IAsyncDisposable
{
    /// <summary>How far the journal was read into it.</summary>
    Lsn Seen { get; }

    ValueTask<DueRecord?> FindAsync(ContentKey key, CancellationToken cancellationToken);

    /// <summary>Applies the changes and notes how far the journal was read, all or nothing.</summary>
    ValueTask ApplyAsync(IReadOnlyList<DueChange> changes, Lsn seen, CancellationToken cancellationToken);

    /// <summary>Objects due at or before an instant, the longest due first; reads no others.</summary>
    ValueTask<IReadOnlyList<DueRecord>> DueAsync(
        DateTimeOffset now, int countMax, CancellationToken cancellationToken);

    /// <summary>Objects that owe something, whose next try is at or before an instant, the longest due first.</summary>
    ValueTask<IReadOnlyList<DueRecord>> DebtsAsync(
        DateTimeOffset now, int countMax, CancellationToken cancellationToken);

    /// <summary>Objects to be proved again at or before an instant, the longest due first.</summary>
    ValueTask<IReadOnlyList<DueRecord>> UnprovedAsync(
        DateTimeOffset now, int countMax, CancellationToken cancellationToken);

    /// <summary>All objects in the order of their keys, behind the given one: for dating anew.</summary>
    ValueTask<IReadOnlyList<DueRecord>> ListAsync(
        ContentKey? after, int countMax, CancellationToken cancellationToken);
}
