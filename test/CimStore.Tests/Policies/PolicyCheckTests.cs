using System.Collections.Immutable;
using CimStore.Locations;
using CimStore.Policies;
using CsCheck;
using Xunit;

namespace CimStore.Tests.Policies;

public sealed class PolicyCheckTests
{
    private static readonly MigrationRule All = new() { Name = "all", Target = StorageTier.Cold, Line = 90 };

    [Fact]
    public void The_built_in_policies_have_nothing_wrong() =>
        Assert.All(MigrationPolicies.BuiltIn, policy => Assert.Empty(PolicyCheck.Check(policy, MigrationGen.AllTiers)));

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 1)]
    public void An_empty_range_is_an_error(int from, int below)
    {
        AssertError(11, "rule r never matches: one of its ranges is empty", Policy(
            Rule() with { Age = new AgeRange(TimeSpan.FromDays(from), TimeSpan.FromDays(below)) }, All));
        AssertError(11, "range", Policy(Rule() with { Size = new SizeRange(from, below) }, All));
        AssertError(11, "range", Policy(
            Rule() with { Frequency = new FrequencyRange(from, false, below, true) }, All));
        AssertError(11, "range", Policy(Rule() with { Frequency = FrequencyRange.Below(0) }, All));
    }

    [Fact]
    public void A_range_of_one_point_is_not_empty() =>
        Assert.Empty(PolicyCheck.Check(
            Policy(Rule() with { Frequency = new FrequencyRange(1, true, 1, true) }, All), null));

    [Fact]
    public void A_rule_after_one_that_takes_everything_it_would_is_shadowed()
    {
        var finding = Assert.Single(PolicyCheck.Check(Policy(
            Rule() with { Name = "wide", Age = new AgeRange(TimeSpan.Zero, TimeSpan.FromDays(9)), Line = 5 },
            Rule() with
            {
                Age = new AgeRange(TimeSpan.FromDays(1), TimeSpan.FromDays(9)), Tiers = [StorageTier.Hot],
            },
            All), null));

        Assert.Equal((PolicySeverity.Warning, 11), (finding.Severity, finding.Line));
        Assert.Contains(
            "rule r never matches: rule wide (line 5) before it takes all", finding.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Rules_that_only_together_take_everything_shadow_too()
    {
        var finding = Assert.Single(PolicyCheck.Check(Policy(
            Rule() with { Name = "rare", Frequency = FrequencyRange.AtMost(1), Line = 5 },
            Rule() with { Name = "hot", Tiers = [StorageTier.Hot], Line = 6 },
            Rule() with { Name = "often", Frequency = FrequencyRange.Above(1), Line = 7 },
            Rule()), null));

        Assert.Equal(11, finding.Line);
        Assert.Contains(
            "rule rare (line 5), rule hot (line 6), rule often (line 7) before it together", finding.Text,
            StringComparison.Ordinal);
    }

    [Fact]
    public void What_lies_between_two_ends_that_are_left_out_is_not_shadowed() =>
        Assert.Empty(PolicyCheck.Check(Policy(
            Rule() with { Name = "rare", Frequency = FrequencyRange.Below(1) },
            Rule() with { Name = "often", Frequency = FrequencyRange.Above(1) },
            Rule() with { Frequency = new FrequencyRange(1, true, 1, true) }), null));

    [Fact]
    public void Rules_that_leave_something_unsaid_are_an_error() =>
        AssertError(3, "do not say where everything belongs", Policy(
            Rule() with { Age = new AgeRange(TimeSpan.Zero, TimeSpan.FromDays(30)) },
            Rule() with { Name = "s", Age = new AgeRange(TimeSpan.FromTicks((TimeSpan.TicksPerDay * 30) + 1), null) }));

    [Fact]
    public void A_rule_on_pressure_needs_watermarks()
    {
        var policy = Policy(Rule() with { Pressure = TierPressure.High }, All);

        AssertError(11, "asks for pressure and the policy has no watermarks", policy);
        Assert.Empty(PolicyCheck.Check(policy with { Watermarks = new Watermarks(0.5, 0.5) }, null));
    }

    [Fact]
    public void Options_out_of_range_are_errors_that_say_the_range()
    {
        AssertError(3, "halfLife is 30m; allowed is 1h to 365d",
            Policy(All) with { HalfLife = TimeSpan.FromMinutes(30) });
        AssertError(3, "minimumResidence is 366d; allowed is 0d to 365d",
            Policy(All) with { MinimumResidence = TimeSpan.FromDays(366) });
        AssertError(3, "breakEvenWithin is 0d; allowed is 1d to", Policy(All) with { BreakEvenWithin = TimeSpan.Zero });
        AssertError(3, "watermarks of 90 % and 80 %", Policy(All) with { Watermarks = new Watermarks(0.9, 0.8) });
    }

    [Fact]
    public void A_tier_without_a_location_and_one_without_a_price_are_warned_of()
    {
        var environment = new MigrationEnvironment(
        [
            new TierState(StorageTier.Hot, LocationCost.Free),
            new TierState(StorageTier.Warm, LocationCost.Free with { DollarsPerGbMonth = 0.01 }),
        ]);

        var findings = PolicyCheck.Check(Policy(All) with { BreakEvenWithin = TimeSpan.FromDays(9) }, environment);

        Assert.All(findings, finding => Assert.Equal(PolicySeverity.Warning, finding.Severity));
        Assert.Equal([3, 90], findings.Select(finding => finding.Line));
        Assert.Contains("Hot has no price", findings[0].Text, StringComparison.Ordinal);
        Assert.Contains("no location is bound to Cold; Warm stands in", findings[1].Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_rule_only_for_tiers_without_a_location_is_reported_and_one_for_a_bound_tier_as_well_is_not()
    {
        var environment = new MigrationEnvironment(
            [new TierState(StorageTier.Hot, LocationCost.Free), new TierState(StorageTier.Cold, LocationCost.Free)]);

        var finding = Assert.Single(PolicyCheck.Check(Policy(
            Rule() with { Tiers = [StorageTier.Warm, StorageTier.Archive] },
            Rule() with { Name = "some", Tiers = [StorageTier.Warm, StorageTier.Cold], Line = 12 },
            All), environment));

        Assert.Equal((PolicySeverity.Warning, 11), (finding.Severity, finding.Line));
        Assert.Contains(
            "rule r never matches: no location is bound to Warm or Archive", finding.Text, StringComparison.Ordinal);
    }

    /// <summary>Facts are looked for that contradict the check: none may reach a rule that it calls shadowed.</summary>
    [Fact]
    public void A_rule_that_is_reported_is_never_reached_and_one_that_is_reached_is_not_reported() =>
        Gen.Select(MigrationGen.Random, MigrationGen.Facts.Array[60], MigrationGen.Environments.Array[60])
        .Sample((policy, facts, environments) =>
        {
            var numbered = policy with
            {
                Rules = [.. policy.Rules.Select((rule, index) => rule with { Line = index + 1 })],
            };
            var findings = PolicyCheck.Check(numbered, null);
            var reported = findings.Select(finding => finding.Line).Where(line => line > 0).ToHashSet();
            var isTotal = !findings.Any(finding => finding.Line == 0);

            foreach (var (fact, environment) in facts.Zip(environments))
            {
                var rule = MigrationOutcome.At(numbered, fact, environment, MigrationGen.Now.UtcTicks).Rule;

                Assert.False(rule is null ? isTotal : reported.Contains(rule.Line));
            }
        });

    /// <summary>The other way about: a box that is not covered holds a point that no other box holds.</summary>
    [Fact]
    public void A_region_is_covered_exactly_when_no_point_of_it_is_left() =>
        Gen.Select(Boxes, Boxes.Array[0, 6]).Sample((box, others) =>
        {
            var left = Points(box).Any(point => !others.Any(other => Points(other).Contains(point)));
            var steps = PolicyCheck.StepsMax;

            Assert.Equal(!left, box.IsCoveredBy(others, ref steps));
        });

    private static readonly Gen<RuleRegion> Boxes =
        Gen.Select(Gen.Int[0, 3], Gen.Int[0, 4], Gen.Int[0, 3], Gen.Int[0, 4], Gen.Int[0, 7], Gen.Int[0, 3])
            .Select((a, b, c, d, one, two) => new RuleRegion([(a, b), (c, d)], [one, two]));

    private static HashSet<(long, long, int, int)> Points(RuleRegion box) =>
    [
        .. from x in Enumerable.Range(0, 4)
           from y in Enumerable.Range(0, 4)
           from one in Enumerable.Range(0, 3)
           from two in Enumerable.Range(0, 2)
           where x >= box.Intervals[0].From && x < box.Intervals[0].Below
               && y >= box.Intervals[1].From && y < box.Intervals[1].Below
               && (box.Sets[0] >> one & 1) == 1 && (box.Sets[1] >> two & 1) == 1
           select ((long)x, (long)y, one, two),
    ];

    private static MigrationRule Rule() => new() { Name = "r", Target = StorageTier.Hot, Line = 11 };

    private static MigrationPolicy Policy(params ImmutableArray<MigrationRule> rules) =>
        new() { Name = "p", Rules = rules, Line = 3 };

    private static void AssertError(int line, string expected, MigrationPolicy policy)
    {
        var finding = Assert.Single(PolicyCheck.Check(policy, null));

        Assert.Equal((PolicySeverity.Error, line), (finding.Severity, finding.Line));
        Assert.Contains(expected, finding.Text, StringComparison.Ordinal);
    }
}
