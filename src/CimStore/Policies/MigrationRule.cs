using System.Collections.Immutable;
using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Policies;

/// <summary>
/// One rule of a policy: when all its conditions hold, the object belongs to <see cref="Target"/>. A condition that is
/// null, and a set that is empty, holds always.
/// </summary>
public sealed record MigrationRule
{
    public required string Name { get; init; }

    public AgeRange? Age { get; init; }

    public FrequencyRange? Frequency { get; init; }

    public SizeRange? Size { get; init; }

    /// <summary>The tier the object is at now.</summary>
    public ImmutableArray<StorageTier> Tiers { get; init; } = [];

    public ImmutableArray<DurabilityClass> Classes { get; init; } = [];

    public ImmutableArray<DataClass> DataClasses { get; init; } = [];

    public ImmutableArray<AccessPattern> Patterns { get; init; } = [];

    /// <summary>How full, at least, the tier is that the object is at now; <c>None</c> is no condition.</summary>
    public TierPressure Pressure { get; init; }

    public required StorageTier Target { get; init; }

    /// <summary>Where it stands in its source, 1-based; 0 for what is built in.</summary>
    public int Line { get; init; }

    internal bool Matches(MigrationFacts facts, TimeSpan age, double perDay, TierPressure pressure) =>
        pressure >= Pressure
        && Holds(Tiers, facts.Tier)
        && (Age is not { } ages || ages.Contains(age))
        && (Frequency is not { } frequencies || frequencies.Contains(perDay))
        && (Size is not { } sizes || sizes.Contains(facts.SizeBytes))
        && Holds(Classes, facts.Class)
        && Holds(DataClasses, facts.DataClass)
        && Holds(Patterns, facts.Pattern);

    private static bool Holds<T>(ImmutableArray<T> set, T value) => set.IsEmpty || set.Contains(value);
}
