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
    private readonly SemaphoreSlim _running = new(1, 1);
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

    /// <summary>Paused, a cycle reads the journal and dates what it finds, and moves nothing.</summary>
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
            await _rooms.MeasureAsync(cancellationToken);
            var dating = Dating();
            var followed = await _follower.FollowAsync(dating, cancellationToken);
            var evicted = _isPaused ? 0 : await RelieveAsync(cancellationToken);
            var (paid, left) = _isPaused ? (0, 0) : await PayDebtsAsync(cancellationToken);
            var redated = await RedateAsync(dating, cancellationToken);
            var (looked, moved, notMoved) = _isPaused ? (0, 0, 0) : await MoveDueAsync(dating, cancellationToken);

            // What was moved and copied is dated for where it is now.
            followed += await _follower.FollowAsync(dating, cancellationToken);
            await MeasureAsync(cancellationToken);
            return new CycleResult(followed, looked, moved, notMoved, paid, left, redated, !_isRedated)
            {
                Evicted = evicted,
            };
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
            await _follower.FollowAsync(dating, cancellationToken);
            await RedateAsync(dating, cancellationToken);
            var now = _time.GetUtcNow();
            var plan = new List<PlannedMove>();
            foreach (var record in await _settings.Due.DueAsync(now, countMax, cancellationToken))
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

    /// <summary>
    /// What the policy says of an object now; null when the life-cycle has not heard of it yet. While a cycle runs, by
    /// what the last look at the journal told: a cycle may move for hours.
    /// </summary>
    public async ValueTask<MigrationVerdict?> ExplainAsync(ContentKey key, CancellationToken cancellationToken)
    {
        var dating = Dating();
        if (await _running.WaitAsync(TimeSpan.Zero, cancellationToken))
        {
            try
            {
                await _follower.FollowAsync(dating, cancellationToken);
            }
            finally
            {
                _running.Release();
            }
        }

        return await _settings.Due.FindAsync(key, cancellationToken) is { } record
            ? dating.Ask(record.Facts, _time.GetUtcNow())
            : null;
    }

    /// <summary>Objects that owe copies or parts, the longest due first.</summary>
    public async ValueTask<IReadOnlyList<DueRecord>> DebtsAsync(int countMax, CancellationToken cancellationToken)
    {
        await _running.WaitAsync(cancellationToken);
        try
        {
            await _follower.FollowAsync(Dating(), cancellationToken);
            return await _settings.Due.DebtsAsync(DateTimeOffset.MaxValue, countMax, cancellationToken);
        }
        finally
        {
            _running.Release();
        }
    }

    public void Dispose() => _running.Dispose();

    private DueDating Dating() => new(_settings.Policy, new MigrationEnvironment(
        _ports.Locations
            .Where(location => _node.StateOf(location.Id) == LocationState.Active)
            .GroupBy(location => location.Traits.Tier)
            .Select(tier => new TierState(
                tier.Key, tier.First().Traits.Cost, tier.Max(location => _rooms.FillShareOf(location.Id) ?? 0)))));

    private async ValueTask<(int Paid, int Left)> PayDebtsAsync(CancellationToken cancellationToken)
    {
        var (paid, left) = (0, 0);
        var now = _time.GetUtcNow();
        var debts = await _settings.Due.DebtsAsync(now, DebtsPerCycleMax, cancellationToken);
        foreach (var record in debts)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var cause = await _node.PayAsync(
                record.Key, record.Debt!.LacksParts, cancellationToken);
            var debt = cause is null ? null : Later(record.Debt!, cause);
            (paid, left) = debt is null ? (paid + 1, left) : (paid, left + 1);
            await _settings.Due.ApplyAsync(
                [new DueChange(record.Key, record, record with { Debt = debt })], _settings.Due.Seen,
                cancellationToken);
        }

        return (paid, left);
    }

    /// <summary>Twice as long each time, and never all at once.</summary>
    internal DebtRecord Later(DebtRecord debt, string cause)
    {
        var delay = TimeSpan.FromSeconds(Math.Min(DebtDelayMax.TotalSeconds, Math.Pow(2, Math.Min(debt.Attempts, 20))));
        return debt with
        {
            Attempts = debt.Attempts + 1,
            NextTry = _time.GetUtcNow() + (delay * (0.8 + (0.4 * _chance()))),
            Cause = cause,
        };
    }

    private async ValueTask<(int Looked, int Moved, int NotMoved)> MoveDueAsync(
        DueDating dating, CancellationToken cancellationToken)
    {
        var (looked, moved, notMoved) = (0, 0, 0);
        IReadOnlyList<DueRecord> page;
        do
        {
            var now = _time.GetUtcNow();
            page = await _settings.Due.DueAsync(now, PageSize, cancellationToken);
            var (redated, moves) = Decide(page, dating, now);
            looked += page.Count;
            if (redated.Count > 0)
            {
                await _settings.Due.ApplyAsync(redated, _settings.Due.Seen, cancellationToken);
            }

            var (done, failed) = await MoveAsync(moves, cancellationToken);
            (moved, notMoved) = (moved + done, notMoved + failed);
        }
        while (page.Count == PageSize && moved + notMoved < _settings.Limits.MovesPerCycleMax);

        return (looked, moved, notMoved);
    }

    private static (List<DueChange> Redated, List<(DueRecord Record, MigrationVerdict Verdict)> Moves) Decide(
        IReadOnlyList<DueRecord> page, DueDating dating, DateTimeOffset now)
    {
        var redated = new List<DueChange>(page.Count);
        var moves = new List<(DueRecord Record, MigrationVerdict Verdict)>();
        foreach (var record in page)
        {
            var outlook = dating.Look(record.Facts, now);
            if (outlook.Tier == record.Facts.Tier)
            {
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
        var results = new (DueRecord Record, MoveResult Result)[moves.Count];
        var options = new ParallelOptions { MaxDegreeOfParallelism = atOnce, CancellationToken = cancellationToken };
        await Parallel.ForAsync(0, moves.Count, options, async (index, token) =>
        {
            var (record, verdict) = moves[index];
            results[index] = (record, await MoveAsync(record, verdict, token));
        });
        if (results.Length > 0)
        {
            var now = _time.GetUtcNow();
            var changes = results.Select(one => new DueChange(
                one.Record.Key, one.Record, one.Record with { Due = DueDating.AfterTry(one.Result, now) })).ToList();
            await _settings.Due.ApplyAsync(changes, _settings.Due.Seen, cancellationToken);
        }

        var moved = results.Count(static one => one.Result == MoveResult.Moved);
        return (moved, results.Count(static one => one.Result is MoveResult.Failed or MoveResult.Refused));
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
            var page = await _settings.Due.ListAsync(_redatedTo, PageSize, cancellationToken);
            var now = _time.GetUtcNow();
            var changes = page.Where(record => record.Stamp != dating.Stamp)
                .Select(record => new DueChange(record.Key, record, dating.Date(record, now))).ToList();
            if (changes.Count > 0)
            {
                await _settings.Due.ApplyAsync(changes, _settings.Due.Seen, cancellationToken);
            }

            redated += changes.Count;
            _isRedated = page.Count < PageSize;
            _redatedTo = page.Count > 0 ? page[^1].Key : _redatedTo;
        }

        return redated;
    }
}
