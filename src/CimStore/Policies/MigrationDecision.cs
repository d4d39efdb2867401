using CimStore.Locations;

namespace CimStore.Policies;

/// <summary>
/// Where an object belongs, and when to ask again. Total: every facts get an answer; where no rule matches the object
/// stays. A rule is held back by three things, in this order: the minimum residence, a warmer tier that is filling up,
/// and a move to a colder tier that does not earn what it costs. A move that a rule makes for want of space (one with a
/// condition on pressure) is not weighed in money.
/// </summary>
/// <remarks>
/// How full and how dear tiers are changes without a date. Who keeps a due index asks anew about the objects of a tier
/// when its pressure changes, and lazily about all when prices or the policy do.
/// </remarks>
public static class MigrationDecision
{
    /// <summary>The whole answer, with its reason in words: for whoever shows it or acts on it.</summary>
    public static MigrationVerdict Decide(
        MigrationPolicy policy, MigrationFacts facts, MigrationEnvironment environment, DateTimeOffset now)
    {
        var outcome = MigrationOutcome.At(policy, facts, environment, now.UtcTicks);
        return new MigrationVerdict(
            outcome.Tier,
            outcome.RuleName,
            MigrationReason.Of(policy, facts, environment, now.UtcTicks, outcome),
            MigrationDue.After(policy, facts, environment, now.UtcTicks, outcome));
    }

    /// <summary>
    /// The same answer without the words, which cost more than it does and which nobody reads of an object that stays.
    /// Allocates nothing.
    /// </summary>
    public static MigrationOutlook Look(
        MigrationPolicy policy, MigrationFacts facts, MigrationEnvironment environment, DateTimeOffset now) =>
        Look(policy, facts, environment, now, out _);

    /// <summary>The same, with what keeps the object from where its rule wants it.</summary>
    internal static MigrationOutlook Look(
        MigrationPolicy policy, MigrationFacts facts, MigrationEnvironment environment, DateTimeOffset now,
        out MigrationHold hold)
    {
        var outcome = MigrationOutcome.At(policy, facts, environment, now.UtcTicks);
        hold = outcome.Hold;
        return new MigrationOutlook(
            outcome.Tier, outcome.RuleName,
            MigrationDue.After(policy, facts, environment, now.UtcTicks, outcome));
    }

    /// <summary>
    /// The least age at which the rules want content at the tier where it is, if nobody reads it: whoever finds it
    /// there and does not know its age may take it to be as old. Zero where no age does.
    /// </summary>
    public static TimeSpan LeastAge(
        MigrationPolicy policy, MigrationFacts facts, MigrationEnvironment environment, DateTimeOffset now)
    {
        // What the rules say changes only where the range of one begins or ends.
        var ages = policy.Rules.SelectMany(static rule => new[] { rule.Age?.From, rule.Age?.Below })
            .OfType<TimeSpan>().Append(TimeSpan.Zero).Distinct().Order();
        foreach (var age in ages)
        {
            var then = facts with { CreatedAt = now - age, TierSince = now - age };
            if (MigrationOutcome.At(policy, then, environment, now.UtcTicks).Wanted == facts.Tier)
            {
                return age;
            }
        }

        return TimeSpan.Zero;
    }

    /// <summary>
    /// The tier at which new content is admitted: what the rules say of it as if it were at the warmest tier there is.
    /// Nothing moves, so nothing holds it back; the tier in the facts is not read.
    /// </summary>
    public static StorageTier TierAtIngest(
        MigrationPolicy policy, MigrationFacts facts, MigrationEnvironment environment, DateTimeOffset now)
    {
        var asIf = facts with { Tier = environment.Tiers[0].Tier };
        return MigrationOutcome.At(policy, asIf, environment, now.UtcTicks).Wanted;
    }
}
