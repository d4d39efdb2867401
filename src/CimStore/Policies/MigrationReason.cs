using System.Globalization;
using CimStore.Locations;

namespace CimStore.Policies;

/// <summary>A decision in words, with the numbers it saw.</summary>
internal static class MigrationReason
{
    public static string Of(
        MigrationPolicy policy, MigrationFacts facts, MigrationEnvironment environment, long nowTicks,
        MigrationOutcome outcome)
    {
        var seen = Seen(policy, facts, environment, nowTicks);
        if (outcome.Rule is not { } rule)
        {
            return $"No rule of {policy.Name} matches ({seen}): it stays at {facts.Tier}.";
        }

        var asked = $"Rule {rule.Name} of {policy.Name} wants {rule.Target} ({seen}).";
        var bound = outcome.Wanted == rule.Target
            ? ""
            : outcome.Wanted < rule.Target
                ? $" {rule.Target} has no location; {outcome.Wanted} is the next warmer tier that has one."
                : $" {rule.Target} has no location, nor has a warmer tier; {outcome.Wanted} has one.";
        return asked + bound + End(policy, facts, environment, nowTicks, outcome);
    }

    private static string Seen(
        MigrationPolicy policy, MigrationFacts facts, MigrationEnvironment environment, long nowTicks)
    {
        var age = TimeSpan.FromTicks(facts.AgeTicks(nowTicks)).TotalDays;
        var measure = policy.Frequency == FrequencyMeasure.Lifetime ? "over its life" : "lately";
        var fill = environment.Find(facts.Tier) is not { } state
            ? "which has no location"
            : environment.PressureOf(facts.Tier, policy) is not TierPressure.None and var pressure
                ? Text($"{Percent(state.FillShare)} full, pressure {pressure.ToString().ToLowerInvariant()}")
                : Text($"{Percent(state.FillShare)} full");
        return Text($"age {age:0.##} d, {Number(facts.PerDay(policy, nowTicks))} reads/day {measure}, ")
            + Text($"{facts.SizeBytes} bytes, at {facts.Tier}, {fill}");
    }

    private static string End(
        MigrationPolicy policy, MigrationFacts facts, MigrationEnvironment environment, long nowTicks,
        MigrationOutcome outcome) => outcome.Hold switch
    {
        MigrationHold.Residence => Residence(policy, facts),
        MigrationHold.TargetIsFilling =>
            Text($" It stays at {facts.Tier}: {outcome.Wanted} is ")
            + $"{Percent(environment.Find(outcome.Wanted)!.FillShare)} full, and from "
            + $"{Percent(policy.Watermarks!.Value.RaisedShare)} on nothing is promoted into it.",
        MigrationHold.BreakEven => Arithmetic(
            BreakEven.Of(policy, facts, environment, outcome.Wanted, nowTicks)!.Value, facts.Tier, outcome.Wanted),
        _ => outcome.Tier == facts.Tier ? " It is there." : $" It moves from {facts.Tier} to {outcome.Tier}.",
    };

    private static string Residence(MigrationPolicy policy, MigrationFacts facts)
    {
        var until = Instant.At(Instant.Later(facts.TierSince, policy.MinimumResidence));
        var since = facts.TierSince.ToUniversalTime();
        return Text($" It stays at {facts.Tier} until {until:u}: it came there at {since:u}")
            + Text($" and the minimum residence is {policy.MinimumResidence.TotalDays:0.##} d.");
    }

    private static string Arithmetic(BreakEven sum, StorageTier from, StorageTier to) =>
        Text($" It stays at {from}: in {sum.HorizonDays:0.##} d {to} saves ${Number(sum.KeepSaved)} of keeping ")
        + Text($"and costs ${Number(sum.MoveCost)} to move + ${Number(sum.EarlyCost)} of minimum days + ")
        + Text($"${Number(sum.ReadsCost)} of dearer reads.");

    private static string Percent(double share) => Text($"{share * 100:0.#} %");

    /// <summary>Three digits that matter, whatever the size: costs of one small object are billionths of a dollar.
    /// </summary>
    private static string Number(double value) => value.ToString("G3", CultureInfo.InvariantCulture);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
