using CimStore.Locations;
using CimStore.Policies;
using CsCheck;
using Xunit;

namespace CimStore.Tests.Policies;

public sealed class MigrationDecisionTests
{
    private static readonly DateTimeOffset Now = MigrationGen.Now;

    private static readonly MigrationFacts Old = new()
    {
        SizeBytes = 5_000_000, CreatedAt = Now.AddDays(-45), Tier = StorageTier.Warm, TierSince = Now.AddDays(-38),
    };

    [Fact]
    [Trait("row", "D1")]
    public void The_seed_is_followed_to_the_letter_for_every_age_frequency_and_size() =>
        MigrationGen.Facts.Sample(facts =>
        {
            var verdict = Decide(MigrationPolicies.SeedV1, facts);

            Assert.Equal(Seed(facts), verdict.Tier);
        }, iter: 10_000);

    [Fact]
    [Trait("row", "D1")]
    public void Every_facts_get_the_same_answer_each_time_and_a_reason() =>
        Gen.Select(MigrationGen.Policies, MigrationGen.Facts, MigrationGen.Environments)
            .Sample((policy, facts, environment) =>
            {
                var verdict = MigrationDecision.Decide(policy, facts, environment, Now);

                Assert.Equal(verdict, MigrationDecision.Decide(policy, facts with { }, environment, Now));
                Assert.Contains(policy.Name, verdict.Reason, StringComparison.Ordinal);
                Assert.True(verdict.Tier == facts.Tier || environment.Find(verdict.Tier) is not null);
            });

    [Fact]
    public void A_look_is_the_decision_without_its_words() =>
        Gen.Select(MigrationGen.Policies, MigrationGen.Facts, MigrationGen.Environments)
            .Sample((policy, facts, environment) =>
            {
                var verdict = MigrationDecision.Decide(policy, facts, environment, Now);

                var outlook = MigrationDecision.Look(policy, facts, environment, Now);

                Assert.Equal(new MigrationOutlook(verdict.Tier, verdict.Rule, verdict.NextDue), outlook);
            });

    [Fact]
    public void A_look_allocates_nothing()
    {
        var facts = new MigrationFacts
        {
            SizeBytes = 1 << 20, CreatedAt = Now.AddDays(-20), Tier = StorageTier.Hot, TierSince = Now.AddDays(-20),
            Accesses = 40, Rate = new AccessRate(2, Now),
        };
        Look();

        var before = GC.GetAllocatedBytesForCurrentThread();
        Look();

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Look()
        {
            foreach (var policy in MigrationPolicies.BuiltIn.AsSpan())
            {
                Assert.True(MigrationDecision.Look(policy, facts, MigrationGen.AllTiers, Now).NextDue > Now);
            }
        }
    }

    [Fact]
    public void The_built_in_policies_know_where_everything_belongs() =>
        Gen.Select(MigrationGen.Facts, MigrationGen.Environments).Sample((facts, environment) =>
            Assert.All(MigrationPolicies.BuiltIn, policy => Assert.NotEqual(
                MigrationOutcome.NoRule, MigrationDecision.Decide(policy, facts, environment, Now).Rule)));

    [Theory]
    // age in days, reads a day, pressure at the tier: each trigger alone, and where they disagree
    [InlineData(2, 0, 0, StorageTier.Hot, StorageTier.Hot, "recent")]
    [InlineData(2, 0, 0.95, StorageTier.Hot, StorageTier.Warm, "hot-is-full")]
    [InlineData(2, 2, 0.95, StorageTier.Hot, StorageTier.Hot, "recent")]
    [InlineData(10, 0.5, 0, StorageTier.Hot, StorageTier.Warm, "settling")]
    [InlineData(10, 2, 0, StorageTier.Hot, StorageTier.Hot, "frequent")]
    [InlineData(10, 0, 0, StorageTier.Warm, StorageTier.Warm, "settling")]
    [InlineData(10, 0, 0.85, StorageTier.Warm, StorageTier.Cold, "cold-early")]
    [InlineData(10, 0.5, 0.85, StorageTier.Warm, StorageTier.Warm, "settling")]
    [InlineData(45, 0, 0, StorageTier.Warm, StorageTier.Cold, "aging")]
    [InlineData(45, 0.5, 0, StorageTier.Warm, StorageTier.Warm, "read-weekly")]
    [InlineData(45, 0.5, 0, StorageTier.Cold, StorageTier.Cold, "read-weekly-below")]
    [InlineData(45, 2, 0, StorageTier.Cold, StorageTier.Warm, "read-daily")]
    [InlineData(45, 2, 0, StorageTier.Hot, StorageTier.Hot, "still-popular")]
    [InlineData(45, 4, 0, StorageTier.Cold, StorageTier.Hot, "popular")]
    [InlineData(120, 0, 0, StorageTier.Cold, StorageTier.Archive, "old")]
    [InlineData(120, 0.2, 0, StorageTier.Archive, StorageTier.Cold, "read-weekly-below")]
    [InlineData(120, 2, 0.95, StorageTier.Warm, StorageTier.Warm, "read-daily")]
    [Trait("row", "D2")]
    public void Each_trigger_of_the_adaptive_policy_works_alone_and_in_conflict(
        int days, double perDay, double fill, StorageTier at, StorageTier expected, string rule)
    {
        var facts = Old with
        {
            CreatedAt = Now.AddDays(-days),
            Tier = at,
            TierSince = Now.AddDays(-days),
            Rate = new AccessRate(perDay, Now),
        };
        var environment = new MigrationEnvironment(MigrationGen.AllTiers.Tiers.Select(
            state => state.Tier == at ? state with { FillShare = fill } : state));

        var verdict = MigrationDecision.Decide(MigrationPolicies.Adaptive, facts, environment, Now);

        Assert.Equal((expected, rule), (verdict.Tier, verdict.Rule));
        Assert.Contains(rule, verdict.Reason, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("row", "D2")]
    public void The_seeds_size_trigger_is_a_million_bytes()
    {
        var young = Old with { CreatedAt = Now.AddDays(-10), TierSince = Now.AddDays(-10), Tier = StorageTier.Hot };

        Assert.Equal("small", Decide(MigrationPolicies.SeedV1, young with { SizeBytes = 999_999 }).Rule);
        Assert.Equal("settling", Decide(MigrationPolicies.SeedV1, young with { SizeBytes = 1_000_000 }).Rule);
    }

    [Fact]
    [Trait("row", "D3")]
    public void Eleven_reads_at_once_promote_and_ten_do_not()
    {
        var halfLife = MigrationPolicies.Adaptive.HalfLife;
        var cold = Old with { Tier = StorageTier.Cold, TierSince = Now.AddDays(-10) };

        Assert.Equal(StorageTier.Cold, Decide(MigrationPolicies.Adaptive, cold.Accessed(10, Now, halfLife)).Tier);
        Assert.Equal(StorageTier.Warm, Decide(MigrationPolicies.Adaptive, cold.Accessed(11, Now, halfLife)).Tier);
    }

    [Fact]
    [Trait("row", "D3")]
    public void Nothing_moves_twice_within_the_minimum_residence() =>
        Gen.Select(
            MigrationGen.Facts, MigrationGen.Policies,
            Gen.Select(Gen.Int[1, 100], Gen.Int[0, 40], MigrationGen.Environments).Array[1, 60])
        .Sample((facts, policy, steps) =>
        {
            var now = Now;
            DateTimeOffset? moved = null;
            foreach (var (hours, reads, environment) in steps)
            {
                now = now.AddHours(hours);
                facts = facts.Accessed(reads, now, policy.HalfLife);
                var verdict = MigrationDecision.Decide(policy, facts, environment, now);
                if (verdict.Tier != facts.Tier)
                {
                    Assert.False(now - moved < policy.MinimumResidence, verdict.Reason);
                    moved = now;
                    facts = facts with { Tier = verdict.Tier, TierSince = now };
                }
            }
        });

    [Fact]
    [Trait("row", "D3")]
    public void A_move_waits_for_the_end_of_the_residence_and_says_until_when()
    {
        var moved = Old with { Tier = StorageTier.Cold, TierSince = Now.AddDays(-1), Rate = new AccessRate(9, Now) };

        var verdict = Decide(MigrationPolicies.Adaptive, moved);

        Assert.Equal(StorageTier.Cold, verdict.Tier);
        Assert.Equal(Now.AddDays(2), verdict.NextDue);
        Assert.Contains("stays at Cold until 2026-03-03 12:00:00Z", verdict.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tier_without_a_location_gives_way_to_the_next_warmer_one()
    {
        var noArchive = new MigrationEnvironment(MigrationGen.AllTiers.Tiers.RemoveAt(3));
        var onlyCold = new MigrationEnvironment([MigrationGen.AllTiers.Tiers[2]]);
        var ancient = Old with { CreatedAt = Now.AddDays(-400) };

        var verdict = MigrationDecision.Decide(MigrationPolicies.Adaptive, ancient, noArchive, Now);
        var colder = MigrationDecision.Decide(
            MigrationPolicies.SeedV1, Old with { CreatedAt = Now, TierSince = Now }, onlyCold, Now);

        Assert.Equal(StorageTier.Cold, verdict.Tier);
        Assert.Contains("Archive has no location; Cold is the next warmer", verdict.Reason, StringComparison.Ordinal);
        Assert.Equal(StorageTier.Cold, colder.Tier);
        Assert.Contains("nor has a warmer tier", colder.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_is_promoted_into_a_tier_that_is_filling_up()
    {
        var facts = Old with { Rate = new AccessRate(9, Now) };

        var verdict = MigrationDecision.Decide(
            MigrationPolicies.Adaptive, facts, Tiers((StorageTier.Hot, LocationCost.Free, 0.8)), Now);

        Assert.Equal(StorageTier.Warm, verdict.Tier);
        Assert.Contains(
            "Hot is 80 % full, and from 80 % on nothing is promoted", verdict.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_move_that_costs_more_than_it_saves_is_refused_with_the_arithmetic()
    {
        var warm = new LocationCost(0.02, 0.005, 0.0004, 0, 0, 0);
        var cold = new LocationCost(0.004, 0.05, 0.0004, 0, 0, 128 << 10);
        var environment = Tiers((StorageTier.Warm, warm, 0), (StorageTier.Cold, cold, 0));

        var small = MigrationDecision.Decide(
            MigrationPolicies.Adaptive, Old with { SizeBytes = 1000 }, environment, Now);
        var large = MigrationDecision.Decide(
            MigrationPolicies.Adaptive, Old with { SizeBytes = 50_000_000 }, environment, Now);

        // 1 kB: saves 90 d x (1e-6 x 0.02 - 131072e-9 x 0.004) / 30 = -1.51e-6; one write and one read cost 5.04e-5.
        Assert.Equal(StorageTier.Warm, small.Tier);
        Assert.Contains(
            "in 90 d Cold saves $-1.51E-06 of keeping and costs $5.04E-05 to move", small.Reason,
            StringComparison.Ordinal);
        Assert.Equal(StorageTier.Cold, large.Tier);
    }

    [Fact]
    public void Minimum_days_left_at_the_source_hold_a_move_until_it_pays()
    {
        var warm = new LocationCost(0.02, 0, 0, 0, 100, 0);
        var cold = new LocationCost(0.01, 0, 0, 0, 0, 0);
        var facts = Old with { CreatedAt = Now.AddDays(-30), TierSince = Now };

        var verdict = MigrationDecision.Decide(
            MigrationPolicies.Adaptive, facts, Tiers((StorageTier.Warm, warm, 0), (StorageTier.Cold, cold, 0)),
            Now.AddDays(4));

        // 90 d x 0.01 saved are as much as the rest of the minimum days x 0.02 when 45 of 100 are left: day 55.
        Assert.Equal(StorageTier.Warm, verdict.Tier);
        Assert.InRange(verdict.NextDue!.Value, Now.AddDays(54.9999), Now.AddDays(55.0001));
    }

    [Fact]
    public void Space_is_made_without_asking_what_it_costs()
    {
        var cold = new LocationCost(0.02, 1, 1, 1, 0, 0);
        var facts = Old with { CreatedAt = Now.AddDays(-10), TierSince = Now.AddDays(-10) };

        var verdict = MigrationDecision.Decide(
            MigrationPolicies.Adaptive, facts,
            Tiers((StorageTier.Warm, cold with { DollarsPerGbMonth = 0.01 }, 0.85), (StorageTier.Cold, cold, 0)), Now);

        Assert.Equal((StorageTier.Cold, "cold-early"), (verdict.Tier, verdict.Rule));
    }

    [Fact]
    public void Facts_that_no_rule_takes_stay_where_they_are()
    {
        var policy = MigrationPolicies.SeedV1 with { Rules = [MigrationPolicies.SeedV1.Rules[0]] };

        var verdict = Decide(policy, Old);

        Assert.Equal(StorageTier.Warm, verdict.Tier);
        Assert.StartsWith("No rule of seed-v1 matches", verdict.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Content_is_admitted_at_the_tier_that_the_rules_name()
    {
        var fresh = Old with { CreatedAt = Now, TierSince = Now };
        var full = Tiers((StorageTier.Hot, LocationCost.Free, 0.95));
        var policy = MigrationPolicies.Adaptive;

        Assert.Equal(StorageTier.Hot, MigrationDecision.TierAtIngest(policy, fresh, MigrationGen.AllTiers, Now));
        Assert.Equal(StorageTier.Warm, MigrationDecision.TierAtIngest(policy, fresh, full, Now));
    }

    [Theory]
    [InlineData("seed-v1", StorageTier.Hot, 0)]
    [InlineData("seed-v1", StorageTier.Warm, 7)]
    [InlineData("seed-v1", StorageTier.Cold, 30)]
    [InlineData("seed-v1", StorageTier.Archive, 90)]
    [InlineData("adaptive", StorageTier.Hot, 0)]
    [InlineData("adaptive", StorageTier.Warm, 7)]
    [InlineData("adaptive", StorageTier.Cold, 7)]
    [InlineData("adaptive", StorageTier.Archive, 90)]
    public void Content_found_at_a_tier_is_as_old_as_the_rules_want_it_to_be_there(
        string name, StorageTier tier, int days)
    {
        var policy = MigrationPolicies.BuiltIn.Single(one => one.Name == name);
        var found = Old with { CreatedAt = Now, TierSince = Now, Tier = tier, Accesses = 0, Rate = default };

        var age = MigrationDecision.LeastAge(policy, found, MigrationGen.AllTiers, Now);

        Assert.Equal(TimeSpan.FromDays(days), age);
        Assert.Equal(tier, Decide(policy, found with { CreatedAt = Now - age, TierSince = Now - age }).Tier);
    }

    [Fact]
    public void Content_at_a_tier_that_no_age_leads_to_is_taken_for_new()
    {
        var policy = MigrationPolicies.SeedV1 with { Rules = [MigrationPolicies.SeedV1.Rules[0] with { Age = null }] };

        Assert.Equal(TimeSpan.Zero, MigrationDecision.LeastAge(policy, Old, MigrationGen.AllTiers, Now));
    }

    private static MigrationVerdict Decide(MigrationPolicy policy, MigrationFacts facts) =>
        MigrationDecision.Decide(policy, facts, MigrationGen.AllTiers, Now);

    private static MigrationEnvironment Tiers(
        params (StorageTier Tier, LocationCost Cost, double Fill)[] others) => new(
        MigrationGen.AllTiers.Tiers.Select(state => others.Where(other => other.Tier == state.Tier)
            .Select(other => new TierState(other.Tier, other.Cost, other.Fill)).FirstOrDefault(state)));

    /// <summary>The seed's match expression, written down a second time.</summary>
    private static StorageTier Seed(MigrationFacts facts)
    {
        var age = Now - facts.CreatedAt;
        var frequency = facts.Accesses / Math.Max(age.TotalDays, 1);
        return age switch
        {
            _ when age < TimeSpan.FromDays(7) => StorageTier.Hot,
            _ when age < TimeSpan.FromDays(30) => frequency > 1 ? StorageTier.Hot : StorageTier.Warm,
            _ when age < TimeSpan.FromDays(90) => StorageTier.Cold,
            _ => StorageTier.Archive,
        };
    }
}
