using System.Collections.Immutable;
using CimStore.Locations;

namespace CimStore.Policies;

/// <summary>
/// Replays accesses through a policy in simulated time, so that two policies can be compared before one is used. Each
/// object has one copy, at its tier; it is admitted where <see cref="MigrationDecision.TierAtIngest"/> says and moves
/// at the end of a cycle. The trace is read once, as the periods are enumerated; memory is taken for each object that
/// is there, not for each record.
/// </summary>
/// <remarks>
/// Tiers with a capacity fill and empty as the simulation goes; others stay as full as they are given. While any tier
/// is under pressure every object is looked at in every cycle, those least read first, and a tier stops giving up
/// content as soon as its pressure falls.
/// </remarks>
public sealed class PolicySimulation
{
    private readonly MigrationPolicy _policy;
    private readonly TierLedger?[] _ledgers = new TierLedger?[Enum.GetValues<StorageTier>().Length];
    private readonly Dictionary<string, SimulatedObject> _objects = new(StringComparer.Ordinal);
    private readonly SortedSet<SimulatedObject> _due = new(Comparer<SimulatedObject>.Create(ByDate));
    private readonly HashSet<SimulatedObject> _touched = [];
    private readonly SortedDictionary<(StorageTier From, StorageTier To), (long Count, long Bytes)> _moves = [];
    private MigrationEnvironment _environment;
    private bool _sawPressure;
    private long _puts;
    private long _repeatedPuts;
    private long _gets;
    private long _unknownGets;
    private long _deletes;

    private PolicySimulation(MigrationPolicy policy, MigrationEnvironment environment, DateTimeOffset start)
    {
        _policy = policy;
        _environment = environment;
        foreach (var state in environment.Tiers)
        {
            _ledgers[(int)state.Tier] = new TierLedger(state, start.UtcTicks);
        }
    }

    /// <param name="trace">In the order of its times, as <see cref="TraceReader"/> gives it.</param>
    /// <param name="cycle">How often migrations happen; a period is one cycle, the first begins at the first record.
    /// </param>
    /// <param name="until">Cycles go on up to here after the trace has ended; null ends with the trace.</param>
    /// <returns>One period after the other; none for an empty trace.</returns>
    public static IEnumerable<SimulationPeriod> Run(
        MigrationPolicy policy, MigrationEnvironment environment, IEnumerable<TraceRecord> trace, TimeSpan cycle,
        DateTimeOffset? until = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(cycle, TimeSpan.Zero);
        return Periods(policy, environment, trace, cycle, until);
    }

    private static IEnumerable<SimulationPeriod> Periods(
        MigrationPolicy policy, MigrationEnvironment environment, IEnumerable<TraceRecord> trace, TimeSpan cycle,
        DateTimeOffset? until)
    {
        PolicySimulation? simulation = null;
        var end = default(DateTimeOffset);
        foreach (var record in trace)
        {
            simulation ??= new PolicySimulation(policy, environment, record.At);
            end = end == default ? record.At + cycle : end;
            while (record.At >= end)
            {
                yield return simulation.EndCycle(end);
                end += cycle;
            }

            simulation.Apply(record);
        }

        if (simulation is null)
        {
            yield break;
        }

        yield return simulation.EndCycle(end);
        for (end += cycle; end <= until; end += cycle)
        {
            yield return simulation.EndCycle(end);
        }
    }

    private void Apply(TraceRecord record)
    {
        _objects.TryGetValue(record.Cid, out var known);
        switch (record.Operation)
        {
            case TraceOperation.Put when known is not null:
                _repeatedPuts++;
                break;
            case TraceOperation.Put:
                _puts++;
                Put(record);
                break;
            case TraceOperation.Get when known is not null:
                _gets++;
                Ledger(known.Facts.Tier).Serve(known.Facts.SizeBytes);
                known.Facts = known.Facts.Accessed(1, record.At, _policy.HalfLife);
                _touched.Add(known);
                break;
            case TraceOperation.Delete when known is not null:
                _deletes++;
                Delete(known, record.At);
                break;
            default:
                _unknownGets += record.Operation == TraceOperation.Get ? 1 : 0;
                break;
        }
    }

    private void Put(TraceRecord record)
    {
        var facts = new MigrationFacts
        {
            SizeBytes = record.SizeBytes,
            CreatedAt = record.At,
            Tier = StorageTier.Hot,
            TierSince = record.At,
        };
        SeeTiers();
        facts = facts with { Tier = MigrationDecision.TierAtIngest(_policy, facts, _environment, record.At) };
        var added = new SimulatedObject(record.Cid, facts);
        _objects.Add(record.Cid, added);
        _touched.Add(added);
        Ledger(facts.Tier).Write(facts.SizeBytes, record.At.UtcTicks);
    }

    private void Delete(SimulatedObject known, DateTimeOffset at)
    {
        var facts = known.Facts;
        Ledger(facts.Tier).Remove(facts.SizeBytes, facts.TierSince.UtcTicks, at.UtcTicks);
        _objects.Remove(known.Cid);
        _touched.Remove(known);
        _due.Remove(known);
    }

    private SimulationPeriod EndCycle(DateTimeOffset now)
    {
        foreach (var candidate in Candidates(now))
        {
            Decide(candidate, now);
        }

        _touched.Clear();
        var period = new SimulationPeriod(
            now,
            [.. _ledgers.OfType<TierLedger>().Select(ledger => ledger.Close(now.UtcTicks))],
            [.. _moves.Select(m => new SimulatedMoves(m.Key.From, m.Key.To, m.Value.Count, m.Value.Bytes))],
            _puts, _repeatedPuts, _gets, _unknownGets, _deletes);
        _moves.Clear();
        (_puts, _repeatedPuts, _gets, _unknownGets, _deletes) = (0, 0, 0, 0, 0);
        return period;
    }

    /// <summary>
    /// Those read or new in this cycle and those whose date has come; all of them while there is pressure, and once
    /// more when it is gone, because pressure has no date. The order does not depend on the order of the reads.
    /// </summary>
    private List<SimulatedObject> Candidates(DateTimeOffset now)
    {
        SeeTiers();
        IEnumerable<SimulatedObject> candidates = _sawPressure
            ? _objects.Values
            : _due.TakeWhile(candidate => candidate.DueTicks <= now.UtcTicks).Union(_touched);
        _sawPressure = false;
        return
        [
            .. candidates.OrderBy(candidate => candidate.Facts.PerDay(_policy, now.UtcTicks))
                .ThenBy(candidate => candidate.Facts.CreatedAt)
                .ThenBy(candidate => candidate.Cid, StringComparer.Ordinal),
        ];
    }

    private void Decide(SimulatedObject candidate, DateTimeOffset now)
    {
        SeeTiers();
        var outcome = MigrationOutcome.At(_policy, candidate.Facts, _environment, now.UtcTicks);
        if (outcome.Tier != candidate.Facts.Tier)
        {
            Move(candidate, outcome.Tier, now);
            SeeTiers();
            outcome = MigrationOutcome.At(_policy, candidate.Facts, _environment, now.UtcTicks);
        }

        // An object moves once a cycle; what its new tier says of it at once is done in the next.
        var due = outcome.Tier == candidate.Facts.Tier
            ? MigrationDue.After(_policy, candidate.Facts, _environment, now.UtcTicks, outcome)
            : now;
        _due.Remove(candidate);
        candidate.DueTicks = due?.UtcTicks ?? long.MaxValue;
        if (due is not null)
        {
            _due.Add(candidate);
        }
    }

    private void Move(SimulatedObject candidate, StorageTier to, DateTimeOffset now)
    {
        var facts = candidate.Facts;
        Ledger(facts.Tier).Read(facts.SizeBytes);
        Ledger(facts.Tier).Remove(facts.SizeBytes, facts.TierSince.UtcTicks, now.UtcTicks);
        Ledger(to).Write(facts.SizeBytes, now.UtcTicks);
        var moves = _moves.GetValueOrDefault((facts.Tier, to));
        _moves[(facts.Tier, to)] = (moves.Count + 1, moves.Bytes + facts.SizeBytes);
        candidate.Facts = facts with { Tier = to, TierSince = now };
    }

    /// <summary>Looks at how full the tiers are, where that can change, and remembers that one was under pressure.
    /// </summary>
    private void SeeTiers()
    {
        if (_policy.Watermarks is null)
        {
            return;
        }

        if (_environment.Tiers.Any(state => state.CapacityBytes is not null))
        {
            _environment = new MigrationEnvironment(_ledgers.OfType<TierLedger>().Select(ledger => ledger.State));
        }

        _sawPressure |= _environment.Tiers.Any(
            state => _environment.PressureOf(state.Tier, _policy) != TierPressure.None);
    }

    private static int ByDate(SimulatedObject one, SimulatedObject other) =>
        one.DueTicks != other.DueTicks
            ? one.DueTicks.CompareTo(other.DueTicks)
            : string.CompareOrdinal(one.Cid, other.Cid);

    private TierLedger Ledger(StorageTier tier) => _ledgers[(int)tier]!;

    private sealed class SimulatedObject(string cid, MigrationFacts facts)
    {
        public string Cid { get; } = cid;

        public MigrationFacts Facts { get; set; } = facts;

        /// <summary>When the policy could change its mind. It is the key of the due index while the object is in it.
        /// </summary>
        public long DueTicks { get; set; } = long.MaxValue;
    }
}
