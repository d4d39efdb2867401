using CimStore.Diagnostics;
using CimStore.Locations;
using CimStore.Policies;

namespace CimStore.Engine;

/// <summary>
/// Keeps every object at the tier its policy says and in the copies its class demands. It reads what is due and nothing
/// else; a crash at any point is made good by the next cycle. One cycle at a time.
/// </summary>
public sealed partial class Scavenger : IDisposable
{
    private const int PageSize = 1024;
    private const int RedatedPerCycleMax = 50_000;
    private const int DebtsPerCycleMax = 1024;
    private const int SmallSizeMaxBytes = 64 << 10;
    private const int SmallAtOnce = 64;

    private static readonly TimeSpan DebtDelayMax = TimeSpan.FromHours(1);

    private readonly StorageNode _node;
    private readonly StorageNodePorts _ports;
    private readonly TierSettings _settings;
    private readonly LocationRooms _rooms;
    private readonly TimeProvider _time;
    private readonly Func<double> _chance;
    private readonly JournalFollower _follower;
    private readonly CycleTally _tally = new();

    /// <summary>One cycle at a time; it may last for hours.</summary>
    private readonly SemaphoreSlim _running = new(1, 1);

    /// <summary>
    /// Held while the index is read and written, a page at a time, and never over a move or a payment: the scrub, the
    /// jobs and whoever asks what is owed wait for it. Taken inside of the other, never around it.
    /// </summary>
    private readonly SemaphoreSlim _index = new(1, 1);

    private volatile bool _isPaused;
    private ContentKey? _redatedTo;
    private uint _redatedStamp;
    private bool _isRedated;

    internal Scavenger(
        StorageNode node, StorageNodePorts ports, TierSettings settings, LocationRooms rooms, TimeProvider time,
        Func<double> chance)
    {
        (_node, _ports, _settings, _rooms, _time, _chance) = (node, ports, settings, rooms, time, chance);
        _follower = new JournalFollower(
            ports.Journal, ports.Catalog, settings.Due, node.CopiesOf,
            settings.Limits.ScrubCycle, time);
        _proofs = new ProofLap(settings.Limits.ScrubCycle);
    }

    /// <summary>How often a node runs it.</summary>
    public TimeSpan Cycle => _settings.Limits.Cycle;

    /// <summary>How long a copy may go unproved.</summary>
    public TimeSpan ScrubCycle => _settings.Limits.ScrubCycle;

    /// <summary>
    /// Paused, a cycle reads the journal and dates what it finds, and moves nothing; one that is under way ends the
    /// moves that it began, and begins no others.
    /// </summary>
    public bool IsPaused
    {
        get => _isPaused;
        set => _isPaused = value;
    }

    /// <summary>Does what is due now.</summary>
    /// <exception cref="LocationException">The journal or the index failed; the next cycle goes on from there.
    /// </exception>
    public async ValueTask<CycleResult> RunAsync(CancellationToken cancellationToken)
    {
        await _running.WaitAsync(cancellationToken);
        try
        {
            _tally.Clear();
            await _rooms.MeasureAsync(cancellationToken);
            var dating = Dating();
            var followed = await FollowAsync(dating, cancellationToken);
            var evicted = _isPaused ? 0 : await RelieveAsync(cancellationToken);
            var (paid, left) = _isPaused ? (0, 0) : await PayDebtsAsync(cancellationToken);
            var redated = await RedateAsync(dating, cancellationToken);
            var (looked, moved, notMoved) = _isPaused ? (0, 0, 0) : await MoveDueAsync(dating, cancellationToken);

            // What was moved and copied is dated for where it is now.
            followed += await FollowAsync(dating, cancellationToken);
            await OwePartsAsync(cancellationToken);
            await MeasureAsync(cancellationToken);
            return _tally.AddTo(new CycleResult(followed, looked, moved, notMoved, paid, left, redated, !_isRedated)
            {
                Evicted = evicted,
            });
        }
        finally
        {
            _running.Release();
        }
    }

    /// <summary>What the next cycle would move, and why; changes nothing but what is known of the journal.</summary>
    public async ValueTask<IReadOnlyList<PlannedMove>> RehearseAsync(
        int countMax, CancellationToken cancellationToken)
    {
        await _running.WaitAsync(cancellationToken);
        try
        {
            await _rooms.MeasureAsync(cancellationToken);
            var dating = Dating();
            await FollowAsync(dating, cancellationToken);
            await RedateAsync(dating, cancellationToken);
            var now = _time.GetUtcNow();
            var plan = new List<PlannedMove>();
            var page = await HoldAsync(due => due.DueAsync(now, countMax, cancellationToken), cancellationToken);
            foreach (var record in page)
            {
                var verdict = dating.Ask(record.Facts, now);
                if (verdict.Tier != record.Facts.Tier)
                {
                    plan.Add(new PlannedMove(
                        record.Key, record.Facts.Tier, verdict.Tier, verdict.Rule, verdict.Reason));
                }
            }

            return plan;
        }
        finally
        {
            _running.Release();
        }
    }

    /// <summary>What the policy says of an object now; null when the life-cycle has not heard of it.</summary>
    public async ValueTask<MigrationVerdict?> ExplainAsync(ContentKey key, CancellationToken cancellationToken) =>
        await AloneAsync(due => due.FindAsync(key, cancellationToken), cancellationToken) is { } record
            ? Dating().Ask(record.Facts, _time.GetUtcNow())
            : null;

    public void Dispose()
    {
        _running.Dispose();
        _index.Dispose();
    }

    private DueDating Dating() => new(
        _settings.Policy,
        new MigrationEnvironment(_ports.Locations
            .Where(location => _node.StateOf(location.Id) == LocationState.Active)
            .GroupBy(location => location.Traits.Tier)
            .Select(tier => new TierState(
                tier.Key, tier.First().Traits.Cost, tier.Max(location => _rooms.FillShareOf(location.Id) ?? 0)))),
        _node.FullTiers());

    private async ValueTask<(int Looked, int Moved, int NotMoved)> MoveDueAsync(
        DueDating dating, CancellationToken cancellationToken)
    {
        var (looked, moved, notMoved) = (0, 0, 0);
        int count;
        do
        {
            (count, var moves) = await HoldAsync(due => DecideAsync(due, dating, cancellationToken), cancellationToken);
            looked += count;
            var (done, failed) = await MoveAsync(moves, cancellationToken);
            (moved, notMoved) = (moved + done, notMoved + failed);
        }
        while (!_isPaused && count == PageSize && moved + notMoved < _settings.Limits.MovesPerCycleMax);

        return (looked, moved, notMoved);
    }

    /// <summary>Dates anew what is due and stays where it is.</summary>
    /// <returns>How many were due, and what is to be moved.</returns>
    private async ValueTask<(int Count, List<(DueRecord Record, MigrationVerdict Verdict)> Moves)> DecideAsync(
        IDueIndex due, DueDating dating, CancellationToken cancellationToken)
    {
        var now = _time.GetUtcNow();
        var page = await due.DueAsync(now, PageSize, cancellationToken);
        var (redated, moves) = Decide(page, dating, now);
        if (redated.Count > 0)
        {
            await due.ApplyAsync(redated, due.Seen, cancellationToken);
        }

        return (page.Count, moves);
    }

    private (List<DueChange> Redated, List<(DueRecord Record, MigrationVerdict Verdict)> Moves) Decide(
        IReadOnlyList<DueRecord> page, DueDating dating, DateTimeOffset now)
    {
        var redated = new List<DueChange>(page.Count);
        var moves = new List<(DueRecord Record, MigrationVerdict Verdict)>();
        foreach (var record in page)
        {
            var outlook = dating.Look(record.Facts, now, out var hold);
            if (outlook.Tier == record.Facts.Tier)
            {
                _tally.Stayed(hold);
                redated.Add(new DueChange(
                    record.Key, record, record with { Due = outlook.NextDue, Stamp = dating.Stamp }));
            }
            else
            {
                moves.Add((record, dating.Ask(record.Facts, now)));
            }
        }

        return (redated, moves);
    }

    /// <summary>Small ones go many at a time: they share the batches and syncs of the logs they go to.</summary>
    private async ValueTask<(int Moved, int NotMoved)> MoveAsync(
        List<(DueRecord Record, MigrationVerdict Verdict)> moves, CancellationToken cancellationToken)
    {
        var small = moves.Where(one => one.Record.Facts.SizeBytes <= SmallSizeMaxBytes).ToList();
        var large = moves.Where(one => one.Record.Facts.SizeBytes > SmallSizeMaxBytes).ToList();
        var limit = _settings.Limits.MovesAtOnceMax;
        var (moved, notMoved) = await MoveAsync(small, Math.Max(limit, SmallAtOnce), cancellationToken);
        var (more, notMore) = await MoveAsync(large, limit, cancellationToken);
        return (moved + more, notMoved + notMore);
    }

    private async ValueTask<(int Moved, int NotMoved)> MoveAsync(
        List<(DueRecord Record, MigrationVerdict Verdict)> moves, int atOnce, CancellationToken cancellationToken)
    {
        var results = new MoveResult?[moves.Count];
        var options = new ParallelOptions { MaxDegreeOfParallelism = atOnce, CancellationToken = cancellationToken };
        await Parallel.ForAsync(0, moves.Count, options, async (index, token) =>
        {
            var (record, verdict) = moves[index];
            results[index] = _isPaused ? null : await MoveAsync(record, verdict, token);
        });
        if (results.Any(static result => result is not null))
        {
            await HoldAsync(due => PutOffAsync(due, moves, results, cancellationToken), cancellationToken);
        }

        var moved = results.Count(static result => result == MoveResult.Moved);
        return (moved, results.Count(static result => result is MoveResult.Failed or MoveResult.Refused));
    }

    /// <summary>
    /// The index went on during the moves: what it says now is what is changed. What was not tried is due still.
    /// </summary>
    /// <returns>How many were put off.</returns>
    private async ValueTask<int> PutOffAsync(
        IDueIndex due, List<(DueRecord Record, MigrationVerdict Verdict)> moves, MoveResult?[] results,
        CancellationToken cancellationToken)
    {
        var now = _time.GetUtcNow();
        var changes = new List<DueChange>(results.Length);
        foreach (var (key, tried) in moves.Select(static move => move.Record.Key).Zip(results))
        {
            // Forgotten, or dated for where it is now by whoever read of the move already: that is better than a try.
            if (tried is { } result
                && await due.FindAsync(key, cancellationToken) is { } current && current.Due <= now)
            {
                changes.Add(new DueChange(key, current, current with { Due = DueDating.AfterTry(result, now) }));
            }
        }

        await due.ApplyAsync(changes, due.Seen, cancellationToken);
        return changes.Count;
    }

    private async ValueTask<MoveResult> MoveAsync(
        DueRecord record, MigrationVerdict verdict, CancellationToken cancellationToken)
    {
        var cid = record.Key.Cid.ToString();
        var outcome = await _node.MoveAsync(record.Key, verdict.Tier, cancellationToken);
        if (outcome.Result == MoveResult.Moved)
        {
            Log.Moved(_ports.Logger, cid, outcome.Reason, verdict.Reason);
        }
        else if (outcome.Result is MoveResult.Failed or MoveResult.Refused)
        {
            _tally.NotMoved(outcome.Hindrance);
            Log.NotMoved(_ports.Logger, cid, verdict.Tier.ToString(), outcome.Reason);
        }

        return outcome.Result;
    }

    /// <summary>Dates a part of what was dated with another policy or pressure; the next cycles do the rest.</summary>
    private async ValueTask<int> RedateAsync(DueDating dating, CancellationToken cancellationToken)
    {
        if (_redatedStamp != dating.Stamp)
        {
            (_redatedStamp, _redatedTo, _isRedated) = (dating.Stamp, null, false);
        }

        var redated = 0;
        while (!_isRedated && redated < RedatedPerCycleMax)
        {
            redated += await HoldAsync(due => RedateAsync(due, dating, cancellationToken), cancellationToken);
        }

        return redated;
    }

    private async ValueTask<int> RedateAsync(IDueIndex due, DueDating dating, CancellationToken cancellationToken)
    {
        var page = await due.ListAsync(_redatedTo, PageSize, cancellationToken);
        var now = _time.GetUtcNow();
        var changes = page.Where(record => record.Stamp != dating.Stamp)
            .Select(record => new DueChange(record.Key, record, dating.Date(record, now))).ToList();
        if (changes.Count > 0)
        {
            await due.ApplyAsync(changes, due.Seen, cancellationToken);
        }

        _isRedated = page.Count < PageSize;
        _redatedTo = page.Count > 0 ? page[^1].Key : _redatedTo;
        return changes.Count;
    }
}
