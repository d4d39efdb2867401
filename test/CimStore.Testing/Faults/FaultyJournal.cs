using CimStore.Journal;
using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Testing.Faults;

/// <summary>
/// Another journal whose appends fail as a log's do: refused, or of unknown outcome, after which it refuses everything
/// until the node is opened anew.
/// </summary>
public sealed class FaultyJournal(IJournal inner, Lifeline life) : IJournal
{
    private volatile bool _isBroken;

    public bool HoldsContent => inner.HoldsContent;

    public bool SpansObjects => inner.SpansObjects;

    public Lsn DurableLsn => inner.DurableLsn;

    /// <summary>What goes wrong with an append; null for nothing.</summary>
    public Func<IReadOnlyList<JournalChange>, LocationMishap?>? Mishap { get; init; }

    /// <summary>Asked around each append, by which a test sees every state that a restart could find.</summary>
    public Func<IReadOnlyList<JournalChange>, Func<ValueTask>, ValueTask>? Around { get; init; }

    public async ValueTask<IReadOnlyList<JournalEntry>> AppendAsync(
        IReadOnlyList<JournalChange> changes, CancellationToken cancellationToken)
    {
        var told = $"the append of {string.Join(", ", changes.Select(change => change.Event.GetType().Name))}";
        var isLast = life.Begin(told);
        var mishap = Mishap?.Invoke(changes);
        if (_isBroken || mishap is LocationMishap.Before)
        {
            throw new LocationException(
                (mishap as LocationMishap.Before)?.Fault ?? LocationFault.Offline, $"{told} was refused.");
        }

        var entries = await AppendAsync(changes);
        if (mishap is LocationMishap.After)
        {
            _isBroken = true;
            throw new LocationException(LocationFault.Unknown, $"{told} may come true at the next start.");
        }

        if (isLast)
        {
            life.End(told);
        }

        return entries;
    }

    public IAsyncEnumerable<JournalEntry> ReadAsync(Lsn after, CancellationToken cancellationToken) =>
        inner.ReadAsync(after, cancellationToken);

    public ValueTask<JournalEntry?> FindAsync(Lsn lsn, CancellationToken cancellationToken) =>
        inner.FindAsync(lsn, cancellationToken);

    public ValueTask WaitAsync(Lsn after, CancellationToken cancellationToken) =>
        inner.WaitAsync(after, cancellationToken);

    private async ValueTask<IReadOnlyList<JournalEntry>> AppendAsync(IReadOnlyList<JournalChange> changes)
    {
        IReadOnlyList<JournalEntry> entries = [];
        var own = changes.Select(Unwrapped).ToList();
        if (Around is null)
        {
            return await inner.AppendAsync(own, CancellationToken.None);
        }

        await Around(changes, async () => entries = await inner.AppendAsync(own, CancellationToken.None));
        return entries;
    }

    /// <summary>The journal's own log knows the content that it staged, and not what was put around it.</summary>
    private static JournalChange Unwrapped(JournalChange change) =>
        change.Content is AdmittedContent.Staged { Content: FaultyStagedContent faulty }
            ? change with { Content = new AdmittedContent.Staged(faulty.Inner) }
            : change;
}
