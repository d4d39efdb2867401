using CimStore.Locations;
using CimStore.Policies;
using CsCheck;
using Xunit;

namespace CimStore.Tests.Policies;

/// <summary>The due index is right when nothing changes before the date and something does on it.</summary>
public sealed class MigrationDueTests
{
    private static readonly DateTimeOffset Now = MigrationGen.Now;

    [Fact]
    [Trait("row", "D1")]
    public void A_decision_holds_until_its_date_and_changes_on_it() =>
        Gen.Select(
            MigrationGen.Policies, MigrationGen.Facts, MigrationGen.Environments, Gen.Double[0, 1].Array[8])
        .Sample((policy, facts, environment, shares) =>
        {
            var verdict = MigrationDecision.Decide(policy, facts, environment, Now);
            (StorageTier, string) At(DateTimeOffset now)
            {
                var then = MigrationDecision.Decide(policy, facts, environment, now);
                return (then.Tier, then.Rule);
            }

            var end = verdict.NextDue ?? Now.AddDays(5000);
            Assert.True(end > Now);
            var between = shares.Select(share => Now.AddTicks((long)((end - Now).Ticks * share * share * share)))
                .Append(Now.AddTicks(1)).Append(end.AddTicks(-1)).Where(at => at >= Now && at < end);
            Assert.All(between, at => Assert.Equal((verdict.Tier, verdict.Rule), At(at)));
            if (verdict.NextDue is { } due)
            {
                Assert.NotEqual((verdict.Tier, verdict.Rule), At(due));
            }
        }, iter: 20_000);

    [Fact]
    public void Ages_are_dated_to_the_tick()
    {
        var facts = new MigrationFacts
        {
            SizeBytes = 1, CreatedAt = Now.AddTicks(3), Tier = StorageTier.Hot, TierSince = Now.AddTicks(3),
        };

        foreach (var days in new[] { 0, 7, 30 })
        {
            var due = Due(MigrationPolicies.SeedV1, facts, facts.CreatedAt.AddDays(days));

            Assert.Equal(facts.CreatedAt.AddDays(days switch { 0 => 7, 7 => 30, _ => 90 }), due);
        }

        Assert.Null(Due(MigrationPolicies.SeedV1, facts, facts.CreatedAt.AddDays(90)));
    }

    [Fact]
    public void The_life_time_mean_is_dated_where_it_reaches_the_rule()
    {
        var facts = new MigrationFacts
        {
            SizeBytes = 1, CreatedAt = Now, Tier = StorageTier.Hot, TierSince = Now, Accesses = 10,
        };

        // 10 reads are more than one a day until the age is 10 days, and are not at 10 days.
        Assert.Equal(Now.AddDays(10), Due(MigrationPolicies.SeedV1, facts, Now.AddDays(8)));
    }

    [Fact]
    public void The_decayed_rate_is_dated_where_it_reaches_the_rule()
    {
        var facts = new MigrationFacts
        {
            SizeBytes = 1, CreatedAt = Now.AddDays(-50), Tier = StorageTier.Warm, TierSince = Now.AddDays(-40),
            Rate = new AccessRate(2, Now),
        };

        // Two a day are one a day after a half-life, and one is not more than one.
        Assert.Equal(Now.AddDays(7), Due(MigrationPolicies.Adaptive, facts, Now));
    }

    [Fact]
    public void A_policy_of_very_many_rules_is_dated_too()
    {
        var policy = new MigrationPolicy
        {
            Name = "by the day",
            Rules =
            [
                .. Enumerable.Range(1, MigrationPolicy.RulesMax).Select(day => new MigrationRule
                {
                    Name = $"day {day}", Target = StorageTier.Warm, Frequency = FrequencyRange.Below(day),
                    Age = new AgeRange(TimeSpan.Zero, TimeSpan.FromDays(day)),
                }),
            ],
        };
        var facts = new MigrationFacts
        {
            SizeBytes = 1, CreatedAt = Now, Tier = StorageTier.Warm, TierSince = Now, Rate = new AccessRate(0, Now),
        };

        Assert.Equal(Now.AddDays(41), Due(policy, facts, Now.AddDays(40.5)));
    }

    [Fact]
    public void Time_that_ends_dates_nothing()
    {
        var facts = new MigrationFacts
        {
            SizeBytes = 1, CreatedAt = DateTimeOffset.MaxValue.AddDays(-1), Tier = StorageTier.Hot,
            TierSince = DateTimeOffset.MaxValue.AddDays(-1),
        };

        Assert.Null(Due(MigrationPolicies.Adaptive, facts, facts.CreatedAt));
    }

    private static DateTimeOffset? Due(MigrationPolicy policy, MigrationFacts facts, DateTimeOffset now) =>
        MigrationDecision.Decide(policy, facts, MigrationGen.AllTiers, now).NextDue;
}
