using System.Collections.Immutable;
using System.Globalization;
using CimStore.Locations;

namespace CimStore.Policies;

/// <summary>What a policy means, in sentences for a person; <see cref="PolicyWriter"/> writes what is read back.
/// </summary>
public static class PolicyWords
{
    /// <returns>How it judges, then each rule in the order in which it is asked.</returns>
    public static ImmutableArray<string> Of(MigrationPolicy policy)
    {
        var lines = ImmutableArray.CreateBuilder<string>();
        lines.Add(policy.Frequency == FrequencyMeasure.Lifetime
            ? "Frequency is all reads ever by the age in days."
            : $"Frequency is what is read of late: a read counts half after {PolicyUnits.Text(policy.HalfLife)}.");
        if (policy.MinimumResidence > TimeSpan.Zero)
        {
            lines.Add($"What has moved stays for {PolicyUnits.Text(policy.MinimumResidence)}, whatever the rules say.");
        }

        lines.Add(policy.BreakEvenWithin is { } within
            ? $"A move to a colder tier is made when it earns its cost within {PolicyUnits.Text(within)}."
            : "Moves are made whatever they cost.");
        if (policy.Watermarks is { } marks)
        {
            lines.Add($"A tier is under raised pressure from {PolicyUnits.ShareText(marks.RaisedShare)} full on, and "
                + $"takes nothing up then; under high pressure from {PolicyUnits.ShareText(marks.HighShare)} on.");
        }

        lines.Add("The first rule that matches wins:");
        for (var index = 0; index < policy.Rules.Length; index++)
        {
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"{index + 1,3}. {Of(policy.Rules[index])}"));
        }

        return lines.ToImmutable();
    }

    private static string Of(MigrationRule rule)
    {
        var conditions = new List<string>();
        if (rule.Tiers.Length > 0)
        {
            conditions.Add($"at {Names(rule.Tiers)}");
        }

        if (rule.Pressure != TierPressure.None)
        {
            var orWorse = rule.Pressure == TierPressure.Raised ? " (or high)" : "";
            conditions.Add($"its tier under {PolicyNames<TierPressure>.Of(rule.Pressure)}{orWorse} pressure");
        }

        if (rule.Age is { } age)
        {
            conditions.Add("age " + Range(
                age.From == TimeSpan.Zero ? null : PolicyUnits.Text(age.From),
                age.Below is { } below ? PolicyUnits.Text(below) : null));
        }

        if (rule.Frequency is { } frequency)
        {
            conditions.Add("read " + Frequency(frequency));
        }

        if (rule.Size is { } size)
        {
            conditions.Add("size " + Range(
                size.FromBytes == 0 ? null : PolicyUnits.SizeText(size.FromBytes),
                size.BelowBytes is { } end ? PolicyUnits.SizeText(end) : null));
        }

        AddSet(conditions, "class", rule.Classes);
        AddSet(conditions, "data class", rule.DataClasses);
        AddSet(conditions, "pattern", rule.Patterns);
        return $"{rule.Name}: {(conditions.Count == 0 ? "whatever it is" : string.Join(", ", conditions))} -> "
            + PolicyNames<StorageTier>.Of(rule.Target);
    }

    private static string Range(string? from, string? below) => (from, below) switch
    {
        (null, null) => "any",
        (null, _) => $"below {below}",
        (_, null) => $"from {from} on",
        _ => $"from {from} to below {below}",
    };

    private static string Frequency(FrequencyRange range)
    {
        var ends = new List<string>(2);
        if (range is not { LowPerDay: 0, IncludesLow: true })
        {
            ends.Add($"{(range.IncludesLow ? "at least" : "more than")} {PolicyUnits.RateText(range.LowPerDay)}");
        }

        if (!double.IsPositiveInfinity(range.HighPerDay))
        {
            ends.Add($"{(range.IncludesHigh ? "at most" : "less than")} {PolicyUnits.RateText(range.HighPerDay)}");
        }

        return ends.Count == 0 ? "at any rate" : string.Join(" and ", ends);
    }

    private static void AddSet<T>(List<string> conditions, string what, ImmutableArray<T> set)
        where T : struct, Enum
    {
        if (set.Length > 0)
        {
            conditions.Add($"{what} {Names(set)}");
        }
    }

    private static string Names<T>(ImmutableArray<T> set)
        where T : struct, Enum => string.Join(" or ", set.Select(PolicyNames<T>.Of));
}
