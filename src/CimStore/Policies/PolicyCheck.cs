using System.Collections.Immutable;
using System.Globalization;
using CimStore.Locations;

namespace CimStore.Policies;

/// <summary>
/// Whether a policy means something: rules that can never match, facts that no rule matches, options out of range,
/// tiers without a location. A policy with an error is not to be used.
/// </summary>
public static class PolicyCheck
{
    /// <summary>Where rules cut each other into more pieces than this, a shadowed one may go unreported.</summary>
    internal const int StepsMax = 100_000;

    /// <param name="environment">The node's tiers; null leaves out what depends on them.</param>
    /// <returns>In the order of their lines; empty when there is nothing to say.</returns>
    public static ImmutableArray<PolicyFinding> Check(MigrationPolicy policy, MigrationEnvironment? environment)
    {
        var findings = new List<PolicyFinding>();
        CheckOptions(findings, policy);
        CheckRules(findings, policy);
        if (environment is not null)
        {
            CheckTiers(findings, policy, environment);
        }

        return [.. findings.OrderBy(finding => finding.Line)];
    }

    private static void CheckOptions(List<PolicyFinding> findings, MigrationPolicy policy)
    {
        Range("halfLife", policy.HalfLife, MigrationPolicy.HalfLifeMin, MigrationPolicy.HalfLifeMax);
        Range("minimumResidence", policy.MinimumResidence, TimeSpan.Zero, MigrationPolicy.MinimumResidenceMax);
        if (policy.BreakEvenWithin is { } within)
        {
            Range("breakEvenWithin", within, TimeSpan.FromDays(1), MigrationPolicy.BreakEvenWithinMax);
        }

        if (policy.Watermarks is { } marks && !(marks.RaisedShare > 0 && marks.RaisedShare <= marks.HighShare
            && marks.HighShare <= 1))
        {
            Error(findings, policy.Line, Text(
                $"Policy {policy.Name}: watermarks of {marks.RaisedShare:P0} and {marks.HighShare:P0}; ")
                + "allowed is 0 % < raised <= high <= 100 %.");
        }

        void Range(string key, TimeSpan value, TimeSpan min, TimeSpan max)
        {
            if (value < min || value > max)
            {
                Error(findings, policy.Line, $"Policy {policy.Name}: {key} is {PolicyUnits.Text(value)}; allowed is "
                    + $"{PolicyUnits.Text(min)} to {PolicyUnits.Text(max)}.");
            }
        }
    }

    private static void CheckRules(List<PolicyFinding> findings, MigrationPolicy policy)
    {
        var regions = policy.Rules.Select(rule => RuleRegion.Of(rule, policy.Watermarks is not null)).ToArray();
        for (var index = 0; index < regions.Length; index++)
        {
            CheckRule(findings, policy, regions, index);
        }

        var steps = StepsMax;
        if (!RuleRegion.Everything(policy.Watermarks is not null).IsCoveredBy(regions, ref steps))
        {
            Error(findings, policy.Line, $"Policy {policy.Name}: its rules do not say where everything belongs. End "
                + "them with a rule that has no condition.");
        }
    }

    private static void CheckRule(
        List<PolicyFinding> findings, MigrationPolicy policy, RuleRegion[] regions, int index)
    {
        var rule = policy.Rules[index];
        var who = $"Policy {policy.Name}, rule {rule.Name}";
        if (rule.Pressure != TierPressure.None && policy.Watermarks is null)
        {
            Error(findings, rule.Line, $"{who} never matches: it asks for pressure and the policy has no watermarks.");
        }
        else if (regions[index].IsEmpty)
        {
            Error(findings, rule.Line, $"{who} never matches: one of its ranges is empty.");
        }
        else
        {
            var steps = StepsMax;
            if (regions[index].IsCoveredBy(regions.AsSpan(0, index), ref steps))
            {
                findings.Add(new PolicyFinding(PolicySeverity.Warning, rule.Line,
                    $"{who} never matches: {Shadows(policy, regions, index)} all that it would."));
            }
        }
    }

    /// <summary>The one rule that takes all the facts, or those that take them together.</summary>
    private static string Shadows(MigrationPolicy policy, RuleRegion[] regions, int index)
    {
        var steps = StepsMax;
        for (var earlier = 0; earlier < index; earlier++)
        {
            if (regions[index].IsCoveredBy(regions.AsSpan(earlier, 1), ref steps))
            {
                return $"{Named(policy.Rules[earlier])} before it takes";
            }
        }

        var taking = Enumerable.Range(0, index).Where(earlier => regions[earlier].Meets(regions[index]));
        return $"{string.Join(", ", taking.Select(i => Named(policy.Rules[i])))} before it together take";
    }

    private static string Named(MigrationRule rule) =>
        rule.Line == 0 ? $"rule {rule.Name}" : Text($"rule {rule.Name} (line {rule.Line})");

    private static void CheckTiers(
        List<PolicyFinding> findings, MigrationPolicy policy, MigrationEnvironment environment)
    {
        foreach (var rule in policy.Rules)
        {
            var bound = environment.Bound(rule.Target);
            if (bound != rule.Target)
            {
                findings.Add(new PolicyFinding(PolicySeverity.Warning, rule.Line,
                    $"Policy {policy.Name}, rule {rule.Name}: no location is bound to {rule.Target}; "
                    + $"{bound} stands in."));
            }

            if (!rule.Tiers.IsEmpty && rule.Tiers.All(tier => environment.Bound(tier) != tier))
            {
                findings.Add(new PolicyFinding(PolicySeverity.Warning, rule.Line,
                    $"Policy {policy.Name}, rule {rule.Name} never matches: no location is bound to "
                    + $"{string.Join(" or ", rule.Tiers)}."));
            }
        }

        if (policy.BreakEvenWithin is not null)
        {
            var free = environment.Tiers.Where(state => state.Cost == LocationCost.Free)
                .Select(state => state.Tier.ToString()).ToList();
            if (free.Count is > 0 && free.Count < environment.Tiers.Length)
            {
                findings.Add(new PolicyFinding(PolicySeverity.Warning, policy.Line,
                    $"Policy {policy.Name}: {string.Join(", ", free)} has no price, so moves from and to it are made "
                    + "without asking whether they pay."));
            }
        }
    }

    private static void Error(List<PolicyFinding> findings, int line, string text) =>
        findings.Add(new PolicyFinding(PolicySeverity.Error, line, text));

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
