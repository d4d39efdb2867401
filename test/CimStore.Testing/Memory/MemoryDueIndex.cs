using CimStore.Engine;
using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Testing.Memory;

/// <summary>The due index in memory; keeps the same contract as the one on disk.</summary>
public sealed class MemoryDueIndex : IDueIndex
{
    private readonly Lock _gate = new();
    private readonly Dictionary<ContentKey, DueRecord> _records = [];

    public Lsn Seen { get; private set; }

    public ValueTask<DueRecord?> FindAsync(ContentKey key, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            return ValueTask.FromResult(_records.GetValueOrDefault(key));
        }
    }

    public ValueTask ApplyAsync(IReadOnlyList<DueChange> changes, Lsn seen, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            foreach (var change in changes)
            {
                if (change.After is { } after)
                {
                    _records[change.Key] = after;
                }
                else
                {
                    _records.Remove(change.Key);
                }
            }

            Seen = seen;
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask<IReadOnlyList<DueRecord>> DueAsync(
        DateTimeOffset now, int countMax, CancellationToken cancellationToken) =>
        Take(record => record.Due, now, countMax, cancellationToken);

    public ValueTask<IReadOnlyList<DueRecord>> DebtsAsync(
        DateTimeOffset now, int countMax, CancellationToken cancellationToken) =>
        Take(record => record.Debt?.NextTry, now, countMax, cancellationToken);

    public ValueTask<IReadOnlyList<DueRecord>> UnprovedAsync(
        DateTimeOffset now, int countMax, CancellationToken cancellationToken) =>
        Take(record => record.VerifyBy, now, countMax, cancellationToken);

    public ValueTask<IReadOnlyList<DueRecord>> ListAsync(
        ContentKey? after, int countMax, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            return ValueTask.FromResult<IReadOnlyList<DueRecord>>(
            [
                .. _records.Values.OrderBy(record => record.Key.Domain.Tag).ThenBy(record => record.Key.Cid)
                    .Where(record => after is not { } last || record.Key.Cid.CompareTo(last.Cid) > 0).Take(countMax),
            ]);
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private ValueTask<IReadOnlyList<DueRecord>> Take(
        Func<DueRecord, DateTimeOffset?> date, DateTimeOffset now, int countMax, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            return ValueTask.FromResult<IReadOnlyList<DueRecord>>(
            [
                .. _records.Values.Where(record => date(record) <= now).OrderBy(date)
                    .ThenBy(record => record.Key.Cid).Take(countMax),
            ]);
        }
    }
}
