using CimStore.Locations;

namespace CimStore.Policies;

/// <summary>
/// The date of the next change of mind. Between two instants at which a condition of a rule, the residence or the
/// break-even changes, nothing can change; so the outcome is asked for at each of them, in order, until it differs.
/// </summary>
internal static class MigrationDue
{
    public static DateTimeOffset? After(
        MigrationPolicy policy, MigrationFacts facts, MigrationEnvironment environment, long nowTicks,
        MigrationOutcome outcome)
    {
        var instants = new SortedSet<long>();
        foreach (var rule in policy.Rules)
        {
            AddAges(instants, rule, facts);
            AddFrequencies(instants, rule, policy, facts, nowTicks);
        }

        instants.Add(Instant.Later(facts.TierSince, policy.MinimumResidence));
        AddBreakEvens(instants, policy, facts, environment, nowTicks);
        foreach (var instant in instants)
        {
            if (instant > nowTicks && Differs(MigrationOutcome.At(policy, facts, environment, instant), outcome))
            {
                return Instant.At(instant);
            }
        }

        return null;
    }

    private static bool Differs(MigrationOutcome then, MigrationOutcome now) =>
        then.Tier != now.Tier || !ReferenceEquals(then.Rule, now.Rule);

    private static void AddAges(SortedSet<long> instants, MigrationRule rule, MigrationFacts facts)
    {
        if (rule.Age is { } ages)
        {
            instants.Add(Instant.Later(facts.CreatedAt, ages.From));
            instants.Add(Instant.Later(facts.CreatedAt, ages.Below ?? TimeSpan.MaxValue));
        }
    }

    /// <summary>Without a read a frequency only falls, so it passes each end of a range at most once.</summary>
    private static void AddFrequencies(
        SortedSet<long> instants, MigrationRule rule, MigrationPolicy policy, MigrationFacts facts, long nowTicks)
    {
        if (rule.Frequency is not { } range)
        {
            return;
        }

        Add(Instant.WhenEnds(
            at => range.IsAboveLow(facts.PerDay(policy, at)), nowTicks, Reaches(policy, facts, range.LowPerDay)));
        Add(Instant.WhenEnds(
            at => !range.IsBelowHigh(facts.PerDay(policy, at)), nowTicks, Reaches(policy, facts, range.HighPerDay)));

        void Add(long? instant)
        {
            if (instant is { } ticks)
            {
                instants.Add(ticks);
            }
        }
    }

    /// <summary>When a frequency has fallen to a value: r * 2^(-t / half-life) = v, or accesses / t = v.</summary>
    private static double Reaches(MigrationPolicy policy, MigrationFacts facts, double perDay) =>
        policy.Frequency == FrequencyMeasure.Lifetime
            ? facts.CreatedAt.UtcTicks + (facts.Accesses / perDay * TimeSpan.TicksPerDay)
            : facts.Rate.At.UtcTicks + (policy.HalfLife.Ticks * Math.Log2(facts.Rate.PerDay / perDay));

    private static void AddBreakEvens(
        SortedSet<long> instants, MigrationPolicy policy, MigrationFacts facts, MigrationEnvironment environment,
        long nowTicks)
    {
        for (var target = facts.Tier + 1; target <= StorageTier.Archive; target++)
        {
            var tier = target;
            var ends = Instant.WhenEnds(
                at => BreakEven.Of(policy, facts, environment, tier, at) is { Pays: false }, nowTicks, double.NaN);
            if (ends is { } instant)
            {
                instants.Add(instant);
            }
        }
    }
}
