using CimStore.Locations;

namespace CimStore.Policies;

/// <summary>A decision without its words, so that the due date can ask for many.</summary>
/// <param name="Rule">Null: none matches.</param>
/// <param name="Wanted">The rule's target, or what stands in for it where that has no location.</param>
/// <param name="Tier">Where the object belongs: <paramref name="Wanted"/>, or where it is when held.</param>
internal readonly record struct MigrationOutcome(
    MigrationRule? Rule, StorageTier Wanted, StorageTier Tier, MigrationHold Hold)
{
    public const string NoRule = "(none)";

    public string RuleName => Rule?.Name ?? NoRule;

    public static MigrationOutcome At(
        MigrationPolicy policy, MigrationFacts facts, MigrationEnvironment environment, long nowTicks)
    {
        var rule = FirstMatch(policy, facts, environment, nowTicks);
        if (rule is null)
        {
            return new MigrationOutcome(null, facts.Tier, facts.Tier, MigrationHold.None);
        }

        var wanted = environment.Bound(rule.Target);
        var hold = wanted == facts.Tier
            ? MigrationHold.None
            : HoldOf(policy, facts, environment, nowTicks, rule, wanted);
        return new MigrationOutcome(rule, wanted, hold == MigrationHold.None ? wanted : facts.Tier, hold);
    }

    private static MigrationRule? FirstMatch(
        MigrationPolicy policy, MigrationFacts facts, MigrationEnvironment environment, long nowTicks)
    {
        var age = TimeSpan.FromTicks(facts.AgeTicks(nowTicks));
        var perDay = facts.PerDay(policy, nowTicks);
        var pressure = environment.PressureOf(facts.Tier, policy);
        foreach (var rule in policy.Rules)
        {
            if (rule.Matches(facts, age, perDay, pressure))
            {
                return rule;
            }
        }

        return null;
    }

    private static MigrationHold HoldOf(
        MigrationPolicy policy, MigrationFacts facts, MigrationEnvironment environment, long nowTicks,
        MigrationRule rule, StorageTier wanted)
    {
        if (facts.HasMoved && nowTicks < Instant.Later(facts.TierSince, policy.MinimumResidence))
        {
            return MigrationHold.Residence;
        }

        // Content whose tier has lost its location moves wherever it can.
        if (environment.Find(facts.Tier) is null)
        {
            return MigrationHold.None;
        }

        if (wanted < facts.Tier)
        {
            return environment.PressureOf(wanted, policy) == TierPressure.None
                ? MigrationHold.None
                : MigrationHold.TargetIsFilling;
        }

        return rule.Pressure == TierPressure.None
            && BreakEven.Of(policy, facts, environment, wanted, nowTicks) is { Pays: false }
            ? MigrationHold.BreakEven
            : MigrationHold.None;
    }
}
