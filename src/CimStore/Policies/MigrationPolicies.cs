using System.Collections.Immutable;
using CimStore.Locations;

namespace CimStore.Policies;

/// <summary>The policies that are built in; a configuration may define others beside them.</summary>
public static class MigrationPolicies
{
    private const double OncePerWeek = 1.0 / 7;

    private static readonly AgeRange BelowWeek = new(TimeSpan.Zero, TimeSpan.FromDays(7));
    private static readonly AgeRange BelowMonth = new(TimeSpan.Zero, TimeSpan.FromDays(30));
    private static readonly AgeRange WeekToMonth = new(TimeSpan.FromDays(7), TimeSpan.FromDays(30));
    private static readonly ImmutableArray<StorageTier> HotAndWarm = [StorageTier.Hot, StorageTier.Warm];

    /// <summary>The seed's list to the letter, made total by the arm that it lacks (D7).</summary>
    public static MigrationPolicy SeedV1 { get; } = new()
    {
        Name = "seed-v1",
        Frequency = FrequencyMeasure.Lifetime,
        Rules =
        [
            new() { Name = "recent", Age = BelowWeek, Target = StorageTier.Hot },
            new()
            {
                Name = "frequent", Age = WeekToMonth, Frequency = FrequencyRange.Above(1), Target = StorageTier.Hot,
            },
            new()
            {
                Name = "small", Age = WeekToMonth, Size = new SizeRange(0, 1_000_000), Target = StorageTier.Warm,
            },
            new() { Name = "settling", Age = WeekToMonth, Target = StorageTier.Warm },
            new()
            {
                Name = "aging", Age = new AgeRange(TimeSpan.FromDays(30), TimeSpan.FromDays(90)),
                Target = StorageTier.Cold,
            },
            new() { Name = "old", Age = new AgeRange(TimeSpan.FromDays(90), null), Target = StorageTier.Archive },
        ],
    };

    /// <summary>
    /// The default: the seed's ages, and what is read goes up or stays (D6, D7). A rate has two thresholds wherever it
    /// could swing about one, and moves are at least the minimum residence apart.
    /// </summary>
    public static MigrationPolicy Adaptive { get; } = new()
    {
        Name = "adaptive",
        MinimumResidence = TimeSpan.FromDays(3),
        BreakEvenWithin = TimeSpan.FromDays(90),
        Watermarks = new Watermarks(0.8, 0.9),
        Rules =
        [
            new()
            {
                Name = "hot-is-full", Tiers = [StorageTier.Hot], Pressure = TierPressure.High,
                Frequency = FrequencyRange.AtMost(1), Target = StorageTier.Warm,
            },
            new() { Name = "recent", Age = BelowWeek, Target = StorageTier.Hot },
            new()
            {
                Name = "frequent", Age = BelowMonth, Frequency = FrequencyRange.Above(1), Target = StorageTier.Hot,
            },
            new() { Name = "popular", Frequency = FrequencyRange.Above(3), Target = StorageTier.Hot },
            new()
            {
                Name = "still-popular", Tiers = [StorageTier.Hot], Frequency = FrequencyRange.Above(1),
                Target = StorageTier.Hot,
            },
            new() { Name = "read-daily", Frequency = FrequencyRange.Above(1), Target = StorageTier.Warm },
            new()
            {
                Name = "cold-early", Tiers = HotAndWarm, Age = BelowMonth, Pressure = TierPressure.Raised,
                Frequency = FrequencyRange.Below(OncePerWeek), Target = StorageTier.Cold,
            },
            new() { Name = "settling", Tiers = HotAndWarm, Age = BelowMonth, Target = StorageTier.Warm },
            new()
            {
                Name = "read-weekly", Tiers = HotAndWarm, Frequency = FrequencyRange.From(OncePerWeek),
                Target = StorageTier.Warm,
            },
            new()
            {
                Name = "read-weekly-below", Frequency = FrequencyRange.From(OncePerWeek), Target = StorageTier.Cold,
            },
            new()
            {
                Name = "aging", Age = new AgeRange(TimeSpan.Zero, TimeSpan.FromDays(90)), Target = StorageTier.Cold,
            },
            new() { Name = "old", Target = StorageTier.Archive },
        ],
    };

    public static ImmutableArray<MigrationPolicy> BuiltIn { get; } = [SeedV1, Adaptive];
}
