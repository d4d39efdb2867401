using CimStore.Locations;
using CimStore.Policies;
using CsCheck;
using Xunit;

namespace CimStore.Tests.Policies;

public sealed class PolicySimulationTests
{
    private const double Gb = 1e9;

    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    private static readonly MigrationEnvironment Priced = new(
    [
        new TierState(StorageTier.Hot, new LocationCost(0.30, 0, 0, 0, 0, 0)),
        new TierState(StorageTier.Warm, new LocationCost(0.15, 1, 0.5, 0, 0, 0)),
        new TierState(StorageTier.Cold, new LocationCost(0.03, 10, 1, 0.01, 90, 0)),
    ]);

    [Fact]
    public void One_object_goes_down_the_tiers_and_its_dollars_add_up()
    {
        var periods = Run(
            MigrationPolicies.SeedV1, Priced, Start.AddDays(60), Put(0, "a", (long)Gb), Get(1, "a"), Get(45, "a"),
            Get(46, "b"));

        Assert.Equal(60, periods.Count);
        Assert.Equal(Start.AddDays(7), Moved(periods, StorageTier.Hot, StorageTier.Warm));
        Assert.Equal(Start.AddDays(30), Moved(periods, StorageTier.Warm, StorageTier.Cold));
        var last = periods[^1];
        // A GB for 7 days of 30 at $0.30; for 23 at $0.15, written and read once by moves; for 30 at $0.03.
        AssertTier(last, StorageTier.Hot, keep: 0.07, requests: 0, egress: 0);
        AssertTier(last, StorageTier.Warm, keep: 0.115, requests: 0.001 + 0.0005, egress: 0);
        AssertTier(last, StorageTier.Cold, keep: 0.03, requests: 0.01 + 0.001, egress: 0.01);
        Assert.Equal(last.Tiers.Sum(tier => tier.DollarsSoFar), last.DollarsSoFar, 12);
        Assert.Equal(1, periods[1].HitRate(StorageTier.Hot));
        Assert.Equal(1, periods[45].HitRate(StorageTier.Cold));
        Assert.Equal((0, 1), (periods[46].Gets, periods[46].UnknownGets));
    }

    [Fact]
    public void What_goes_before_its_minimum_days_pays_them()
    {
        var periods = Run(
            MigrationPolicies.SeedV1, Priced, Start.AddDays(50),
            Put(0, "a", (long)Gb), Delete(40, "a"), Delete(41, "a"));

        var cold = periods[^1].Tiers.Single(tier => tier.Tier == StorageTier.Cold);
        Assert.Equal(0.03 * 10 / 30, cold.KeepDollars, 9);
        Assert.Equal(0.03 * 80 / 30, cold.EarlyDollars, 9);
        Assert.Equal((0, 0), (cold.Objects, cold.Bytes));
        Assert.Equal(1, periods.Sum(period => period.Deletes));
    }

    [Fact]
    public void Content_is_stored_once()
    {
        var period = Run(MigrationPolicies.SeedV1, Priced, null, Put(0, "a", 5), Put(0.1, "a", 5))[0];

        Assert.Equal((1, 1), (period.Puts, period.RepeatedPuts));
        Assert.Equal(5, period.Tiers.Sum(tier => tier.Bytes));
    }

    [Fact]
    public void An_empty_trace_has_no_periods() => Assert.Empty(Run(MigrationPolicies.SeedV1, Priced, Start));

    [Fact]
    [Trait("row", "D2")]
    public void A_tier_above_its_watermark_gives_up_the_least_read_first_and_only_until_it_is_below()
    {
        var environment = new MigrationEnvironment(
        [
            new TierState(StorageTier.Hot, LocationCost.Free, 0, CapacityBytes: 100),
            new TierState(StorageTier.Warm, LocationCost.Free),
        ]);
        var puts = Enumerable.Range(0, 9).Select(index => Put(0.01 * index, $"c{index}", 10));
        var gets = Enumerable.Range(1, 8).Select(index => Get(0.2, $"c{index}"));

        var first = Run(MigrationPolicies.Adaptive, environment, null, [.. puts, .. gets])[0];

        // 90 % is high pressure: c0, which nobody read, goes, and then there is none.
        var move = Assert.Single(first.Moves);
        Assert.Equal((StorageTier.Hot, StorageTier.Warm, 1, 10), (move.From, move.To, move.Count, move.Bytes));
    }

    [Fact]
    public void A_full_tier_admits_elsewhere()
    {
        var environment = new MigrationEnvironment(
        [
            new TierState(StorageTier.Hot, LocationCost.Free, 0, CapacityBytes: 100),
            new TierState(StorageTier.Warm, LocationCost.Free),
        ]);

        var reads = Enumerable.Range(0, 12).Select(_ => Get(0.2, "a"));

        var first = Run(
            MigrationPolicies.Adaptive, environment, null, [Put(0, "a", 95), Put(0.1, "b", 10), .. reads])[0];

        Assert.Empty(first.Moves);
        Assert.Equal([95, 10], first.Tiers.Select(tier => tier.Bytes));
    }

    [Fact]
    public void What_a_filling_tier_held_back_moves_when_there_is_room_again()
    {
        var environment = new MigrationEnvironment(
        [
            new TierState(StorageTier.Hot, LocationCost.Free, 0, CapacityBytes: 100),
            new TierState(StorageTier.Warm, LocationCost.Free),
        ]);
        var kept = Enumerable.Range(0, 12).Select(_ => Get(0.2, "a"));
        var wanted = Enumerable.Range(0, 12).Select(_ => Get(1.5, "b"));

        var periods = Run(
            MigrationPolicies.Adaptive with { MinimumResidence = TimeSpan.Zero }, environment, Start.AddDays(5),
            [Put(0, "a", 85), Put(0.1, "b", 10), .. kept, .. wanted, Delete(2.5, "a")]);

        Assert.Equal(Start.AddDays(1), Moved(periods, StorageTier.Hot, StorageTier.Warm));
        Assert.Equal(Start.AddDays(3), Moved(periods, StorageTier.Warm, StorageTier.Hot));
    }

    [Fact]
    [Trait("row", "D3")]
    public void Reads_in_a_cycle_promote_at_its_end()
    {
        var reads = Enumerable.Range(0, 12).Select(_ => Get(50.5, "a"));

        var periods = Run(MigrationPolicies.Adaptive, MigrationGen.AllTiers, null, [Put(0, "a", 5), .. reads]);

        Assert.Equal(Start.AddDays(51), Moved(periods, StorageTier.Cold, StorageTier.Warm));
    }

    /// <summary>The due index leaves out most questions; asking them all must give the same.</summary>
    [Fact]
    [Trait("row", "D1")]
    public void The_due_index_finds_all_that_asking_about_everything_would() =>
        Gen.Select(
            MigrationGen.Policies,
            Gen.Select(Gen.Double[0, 1], Gen.Int[0, 5], Gen.Long[0, 1 << 21], Gen.Int[0, 9]).Array[1, 60])
        .Sample((random, steps) =>
        {
            var policy = random with { Watermarks = null };
            var days = 0d;
            var trace = steps.Select(step => new TraceRecord(
                Start.AddDays(days += step.Item1 * 4), $"c{step.Item2}", step.Item3, Operation(step.Item4))).ToList();

            var periods = Run(policy, Priced, Start.AddDays(200), [.. trace]);

            var asked = AskAboutEverything(policy, trace, periods.Count);
            Assert.Equal(asked, periods.Select(period => string.Join(' ', period.Tiers.Select(tier => tier.Bytes))));
        });

    private static TraceOperation Operation(int choice) => choice switch
    {
        0 => TraceOperation.Delete,
        < 4 => TraceOperation.Put,
        _ => TraceOperation.Get,
    };

    private static List<string> AskAboutEverything(MigrationPolicy policy, List<TraceRecord> trace, int cycles)
    {
        var objects = new Dictionary<string, MigrationFacts>();
        var told = new List<string>();
        var next = 0;
        for (var now = trace[0].At + Day; told.Count < cycles; now += Day)
        {
            for (; next < trace.Count && trace[next].At < now; next++)
            {
                Apply(objects, policy, trace[next]);
            }

            foreach (var (cid, facts) in objects.ToList())
            {
                var tier = MigrationDecision.Decide(policy, facts, Priced, now).Tier;
                objects[cid] = tier == facts.Tier ? facts : facts with { Tier = tier, TierSince = now };
            }

            told.Add(string.Join(' ', Priced.Tiers.Select(state =>
                objects.Values.Where(facts => facts.Tier == state.Tier).Sum(facts => facts.SizeBytes))));
        }

        return told;
    }

    private static void Apply(Dictionary<string, MigrationFacts> objects, MigrationPolicy policy, TraceRecord record)
    {
        if (record.Operation == TraceOperation.Delete)
        {
            objects.Remove(record.Cid);
        }
        else if (record.Operation == TraceOperation.Get && objects.TryGetValue(record.Cid, out var known))
        {
            objects[record.Cid] = known.Accessed(1, record.At, policy.HalfLife);
        }
        else if (record.Operation == TraceOperation.Put && !objects.ContainsKey(record.Cid))
        {
            var facts = new MigrationFacts
            {
                SizeBytes = record.SizeBytes, CreatedAt = record.At, Tier = StorageTier.Hot, TierSince = record.At,
            };
            objects[record.Cid] = facts with
            {
                Tier = MigrationDecision.TierAtIngest(policy, facts, Priced, record.At),
            };
        }
    }

    private static DateTimeOffset Moved(List<SimulationPeriod> periods, StorageTier from, StorageTier to) =>
        periods.Single(period => period.Moves.Any(move => move.From == from && move.To == to && move.Count == 1)).End;

    private static void AssertTier(
        SimulationPeriod period, StorageTier tier, double keep, double requests, double egress)
    {
        var state = period.Tiers.Single(other => other.Tier == tier);
        Assert.Equal(keep, state.KeepDollars, 9);
        Assert.Equal(requests, state.RequestDollars, 9);
        Assert.Equal(egress, state.EgressDollars, 9);
    }

    private static List<SimulationPeriod> Run(
        MigrationPolicy policy, MigrationEnvironment environment, DateTimeOffset? until, params TraceRecord[] trace) =>
        [.. PolicySimulation.Run(policy, environment, trace, Day, until)];

    private static TraceRecord Put(double day, string cid, long size) =>
        new(Start.AddDays(day), cid, size, TraceOperation.Put);

    private static TraceRecord Get(double day, string cid) => new(Start.AddDays(day), cid, 0, TraceOperation.Get);

    private static TraceRecord Delete(double day, string cid) => new(Start.AddDays(day), cid, 0, TraceOperation.Delete);
}
