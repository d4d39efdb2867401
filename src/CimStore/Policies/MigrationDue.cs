using CimStore.Locations;

namespace CimStore.Policies;

/// <summary>
/// The date of the next change of mind. Between two instants at which a condition of a rule, the residence or the
/// break-even changes, nothing can change; so the outcome is asked for at each of them, in order, until it differs.
/// Every object is dated whenever it is read, so nothing here allocates.
/// </summary>
internal static class MigrationDue
{
    /// <summary>Of a rule: both ends of its age and both of its frequency.</summary>
    private const int InstantsPerRule = 4;

    /// <summary>The residence, and the break-even of each tier.</summary>
    private const int InstantsBesides = 5;

    /// <summary>1 KiB, which is room for 30 rules; whose policy has more pays for an array.</summary>
    private const int InstantsOnStackMax = 128;

    public static DateTimeOffset? After(
        MigrationPolicy policy, MigrationFacts facts, MigrationEnvironment environment, long nowTicks,
        MigrationOutcome outcome)
    {
        var instantsMax = (policy.Rules.Length * InstantsPerRule) + InstantsBesides;
        var instants = new Instants(
            instantsMax <= InstantsOnStackMax ? stackalloc long[InstantsOnStackMax] : new long[instantsMax], nowTicks);
        for (var index = 0; index < policy.Rules.Length; index++)
        {
            AddAges(ref instants, policy.Rules[index], facts);
            AddFrequencies(ref instants, policy, index, facts);
        }

        instants.Add(Instant.Later(facts.TierSince, policy.MinimumResidence));
        AddBreakEvens(ref instants, policy, facts, environment);
        foreach (var instant in instants.InOrder())
        {
            if (Differs(MigrationOutcome.At(policy, facts, environment, instant), outcome))
            {
                return Instant.At(instant);
            }
        }

        return null;
    }

    private static bool Differs(MigrationOutcome then, MigrationOutcome now) =>
        then.Tier != now.Tier || !ReferenceEquals(then.Rule, now.Rule);

    private static void AddAges(ref Instants instants, MigrationRule rule, MigrationFacts facts)
    {
        if (rule.Age is { } ages)
        {
            instants.Add(Instant.Later(facts.CreatedAt, ages.From));
            instants.Add(Instant.Later(facts.CreatedAt, ages.Below ?? TimeSpan.MaxValue));
        }
    }

    /// <summary>Without a read a frequency only falls, so it passes each end of a range at most once.</summary>
    private static void AddFrequencies(
        ref Instants instants, MigrationPolicy policy, int index, MigrationFacts facts)
    {
        if (policy.Rules[index].Frequency is not { } range || IsTold(policy, index, range))
        {
            return;
        }

        var state = (policy, facts, range);
        instants.Add(Instant.WhenEnds(
            static (s, at) => s.range.IsAboveLow(s.facts.PerDay(s.policy, at)), state, instants.NowTicks,
            Reaches(policy, facts, range.LowPerDay)));
        instants.Add(Instant.WhenEnds(
            static (s, at) => !s.range.IsBelowHigh(s.facts.PerDay(s.policy, at)), state, instants.NowTicks,
            Reaches(policy, facts, range.HighPerDay)));
    }

    /// <summary>Most policies have one or two rates, which their rules share; looking for each costs ten powers.
    /// </summary>
    private static bool IsTold(MigrationPolicy policy, int index, FrequencyRange range)
    {
        for (var earlier = 0; earlier < index; earlier++)
        {
            if (policy.Rules[earlier].Frequency == range)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>When a frequency has fallen to a value: r * 2^(-t / half-life) = v, or accesses / t = v.</summary>
    private static double Reaches(MigrationPolicy policy, MigrationFacts facts, double perDay) =>
        policy.Frequency == FrequencyMeasure.Lifetime
            ? facts.CreatedAt.UtcTicks + (facts.Accesses / perDay * TimeSpan.TicksPerDay)
            : facts.Rate.At.UtcTicks + (policy.HalfLife.Ticks * Math.Log2(facts.Rate.PerDay / perDay));

    private static void AddBreakEvens(
        ref Instants instants, MigrationPolicy policy, MigrationFacts facts, MigrationEnvironment environment)
    {
        for (var target = facts.Tier + 1; target <= StorageTier.Archive; target++)
        {
            if (BreakEven.Of(policy, facts, environment, target, instants.NowTicks) is { Pays: false } sum)
            {
                instants.Add(Instant.WhenEnds(
                    static (s, at) => BreakEven.Of(s.policy, s.facts, s.environment, s.target, at) is { Pays: false },
                    (policy, facts, environment, target), instants.NowTicks,
                    Pays(policy, facts, environment.Find(facts.Tier)!, sum, instants.NowTicks)));
            }
        }
    }

    /// <summary>
    /// When the reads, or the rest of the minimum days, have fallen to what is saved; not a number while both count,
    /// for whose sum there is no formula.
    /// </summary>
    private static double Pays(
        MigrationPolicy policy, MigrationFacts facts, TierState here, BreakEven sum, long nowTicks)
    {
        var saved = sum.KeepSaved - sum.MoveCost;
        var minimumEnds = facts.TierSince.UtcTicks + (here.Cost.DaysMin * (double)TimeSpan.TicksPerDay);
        if (sum.ReadsCost > 0)
        {
            var read = Reaches(policy, facts, facts.PerDay(policy, nowTicks) * saved / sum.ReadsCost);
            return read >= minimumEnds ? read : double.NaN;
        }

        return minimumEnds - (saved / sum.EarlyCost * (minimumEnds - nowTicks));
    }

    /// <summary>Those to come; what is past changes nothing any more.</summary>
    private ref struct Instants(Span<long> room, long nowTicks)
    {
        private readonly Span<long> _room = room;
        private int _count;

        public long NowTicks { get; } = nowTicks;

        public void Add(long? instant)
        {
            if (instant > NowTicks)
            {
                _room[_count++] = instant.Value;
            }
        }

        /// <summary>An instant may come twice; it is asked about twice then, to the same answer.</summary>
        public readonly ReadOnlySpan<long> InOrder()
        {
            var all = _room[.._count];
            all.Sort();
            return all;
        }
    }
}
