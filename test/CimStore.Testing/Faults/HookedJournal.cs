using CimStore.Journal;
using CimStore.Objects;

namespace CimStore.Testing.Faults;

/// <summary>Another journal as it is; a test does something just before an append, as another node might.</summary>
public sealed class HookedJournal(IJournal inner) : IJournal, IAsyncDisposable
{
    /// <summary>Awaited before each append, and told what it is of.</summary>
    public Func<IReadOnlyList<JournalChange>, Task>? BeforeAppend { get; set; }

    public bool HoldsContent => inner.HoldsContent;

    public bool SpansObjects => inner.SpansObjects;

    public Lsn DurableLsn => inner.DurableLsn;

    public async ValueTask<IReadOnlyList<JournalEntry>> AppendAsync(
        IReadOnlyList<JournalChange> changes, CancellationToken cancellationToken)
    {
        if (BeforeAppend is { } hook)
        {
            await hook(changes);
        }

        return await inner.AppendAsync(changes, cancellationToken);
    }

    public IAsyncEnumerable<JournalEntry> ReadAsync(Lsn after, CancellationToken cancellationToken) =>
        inner.ReadAsync(after, cancellationToken);

    public ValueTask<JournalEntry?> FindAsync(Lsn lsn, CancellationToken cancellationToken) =>
        inner.FindAsync(lsn, cancellationToken);

    public ValueTask WaitAsync(Lsn after, CancellationToken cancellationToken) =>
        inner.WaitAsync(after, cancellationToken);

    public ValueTask DisposeAsync() => inner is IAsyncDisposable disposable
        ? disposable.DisposeAsync() : ValueTask.CompletedTask;
}
