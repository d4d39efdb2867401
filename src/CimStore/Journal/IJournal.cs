using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Journal;

/// <summary>
/// Port: the ordered, hash-chained record of what happened. Every adapter passes <c>JournalContract</c>.
/// </summary>
public interface IJournal
{
    /// <summary>
    /// Whether content travels with its entries: the node's first location is then this journal's own log. Where it
    /// does not, content is sealed in its location before the entry that mentions it.
    /// </summary>
    bool HoldsContent { get; }

    /// <summary>
    /// Whether one append may change several objects and names, all or nothing. Where it may not, an append of several
    /// is made in order, each change by itself, and a failure leaves those before it.
    /// </summary>
    bool SpansObjects { get; }

    /// <summary>Everything up to here is durable and may be told to others.</summary>
    Lsn DurableLsn { get; }

    /// <summary>
    /// Appends all changes and the content they admit, all or nothing, and applies them to the catalog. When the task
    /// completes they are durable (fsync'd or the backend's equivalent) and visible through <see cref="ICatalog"/>.
    /// </summary>
    /// <returns>The entries, in the order of the changes.</returns>
    /// <exception cref="LocationException">
    /// With <see cref="LocationFault.Full"/>: nothing was stored. With <see cref="LocationFault.Unknown"/>: the changes
    /// may
    /// or may not come true after a restart; nothing was acknowledged. With <see cref="LocationFault.Offline"/>:
    /// refused. With <see cref="LocationFault.Conflict"/>: another node changed what the change was decided on; nothing
    /// was stored of it, and the catalog shows what is there now.
    /// </exception>
    ValueTask<IReadOnlyList<JournalEntry>> AppendAsync(IReadOnlyList<JournalChange> changes,
        CancellationToken cancellationToken);

    /// <summary>
    /// Durable entries after <paramref name="after"/> in LSN order, up to the durable end at the time of reading.
    /// </summary>
    IAsyncEnumerable<JournalEntry> ReadAsync(Lsn after, CancellationToken cancellationToken);

    /// <returns>The entry with exactly this LSN, or null when there is none.</returns>
    ValueTask<JournalEntry?> FindAsync(Lsn lsn, CancellationToken cancellationToken);

    /// <summary>Completes when <see cref="DurableLsn"/> is greater than <paramref name="after"/>.</summary>
    ValueTask WaitAsync(Lsn after, CancellationToken cancellationToken);
}
