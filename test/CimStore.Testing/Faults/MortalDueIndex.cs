using CimStore.Engine;
using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Testing.Faults;

/// <summary>Another due index, whose writes end with the process. It outlives the node that disposes of it.</summary>
public sealed class MortalDueIndex(IDueIndex inner, Lifeline life) : IDueIndex
{
    private const string Call = "a write of the due index";

    public Lsn Seen => inner.Seen;

    public ValueTask<DueRecord?> FindAsync(ContentKey key, CancellationToken cancellationToken) =>
        inner.FindAsync(key, cancellationToken);

    public async ValueTask ApplyAsync(
        IReadOnlyList<DueChange> changes, Lsn seen, CancellationToken cancellationToken)
    {
        var isLast = life.Begin(Call);
        await inner.ApplyAsync(changes, seen, cancellationToken);
        if (isLast)
        {
            life.End(Call);
        }
    }

    public ValueTask<IReadOnlyList<DueRecord>> DueAsync(
        DateTimeOffset now, int countMax, CancellationToken cancellationToken) =>
        inner.DueAsync(now, countMax, cancellationToken);

    public ValueTask<IReadOnlyList<DueRecord>> DebtsAsync(
        DateTimeOffset now, int countMax, CancellationToken cancellationToken) =>
        inner.DebtsAsync(now, countMax, cancellationToken);

    public ValueTask<IReadOnlyList<DueRecord>> UnprovedAsync(
        DateTimeOffset now, int countMax, CancellationToken cancellationToken) =>
        inner.UnprovedAsync(now, countMax, cancellationToken);

    public ValueTask<IReadOnlyList<DueRecord>> ListAsync(
        ContentKey? after, int countMax, CancellationToken cancellationToken) =>
        inner.ListAsync(after, countMax, cancellationToken);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
