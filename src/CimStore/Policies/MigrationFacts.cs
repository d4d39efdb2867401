using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Policies;

/// <summary>What a policy may know about one object.</summary>
public sealed record MigrationFacts
{
    public required long SizeBytes { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required StorageTier Tier { get; init; }

    /// <summary>Since when it is at its tier; no later than <see cref="CreatedAt"/> where it has never moved.</summary>
    public required DateTimeOffset TierSince { get; init; }

    /// <summary>Reads in its whole life.</summary>
    public long Accesses { get; init; }

    /// <summary>Its decayed rate, as of the instant the rate carries.</summary>
    public AccessRate Rate { get; init; }

    public DateTimeOffset? LastAccessAt { get; init; }

    public DurabilityClass Class { get; init; } = DurabilityClass.Standard;

    public DataClass DataClass { get; init; }

    public AccessPattern Pattern { get; init; }

    internal bool HasMoved => TierSince > CreatedAt;

    /// <summary>The same object after <paramref name="count"/> reads.</summary>
    public MigrationFacts Accessed(long count, DateTimeOffset at, TimeSpan halfLife) => this with
    {
        Accesses = Accesses + count,
        Rate = Rate.Add(count, at, halfLife),
        LastAccessAt = LastAccessAt > at ? LastAccessAt : at,
    };

    /// <summary>Never negative: a clock set back does not make an object unborn.</summary>
    internal long AgeTicks(long nowTicks) => Math.Max(0, nowTicks - CreatedAt.UtcTicks);

    internal double PerDay(MigrationPolicy policy, long nowTicks) => policy.Frequency switch
    {
        FrequencyMeasure.Lifetime =>
            Accesses / Math.Max((double)AgeTicks(nowTicks) / TimeSpan.TicksPerDay, 1),
        _ => Rate.PerDayAt(nowTicks, policy.HalfLife.Ticks),
    };
}
