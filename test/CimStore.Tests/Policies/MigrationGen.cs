using System.Collections.Immutable;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Policies;
using CsCheck;

namespace CimStore.Tests.Policies;

/// <summary>Random facts, tiers and policies; values cluster where rules have their ends.</summary>
internal static class MigrationGen
{
    public static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    public static readonly MigrationEnvironment AllTiers = new(
    [
        new TierState(StorageTier.Hot, LocationCost.Free), new TierState(StorageTier.Warm, LocationCost.Free),
        new TierState(StorageTier.Cold, LocationCost.Free), new TierState(StorageTier.Archive, LocationCost.Free),
    ]);

    public static readonly Gen<TimeSpan> Ages = Gen.OneOf(
        Gen.Long[0, TimeSpan.TicksPerDay * 400].Select(TimeSpan.FromTicks),
        Of(0, 1, 7, 30, 90, 365).Select(
            Gen.Long[-1, 1], (days, tick) => TimeSpan.FromTicks(Math.Max(0, (days * TimeSpan.TicksPerDay) + tick))));

    public static readonly Gen<StorageTier> Tiers = Gen.Enum<StorageTier>();

    public static readonly Gen<MigrationFacts> Facts =
        from age in Ages
        from since in Ages
        from size in Gen.OneOf(Of(0L, 999_999, 1_000_000, 1 << 20, long.MaxValue), Gen.Long[0, 1L << 40])
        from accesses in Gen.OneOf(Gen.Const(0L), Gen.Long[0, 40], Gen.Long[0, 1_000_000])
        from rate in Gen.OneOf(Of(0, 1.0 / 7, 1, 3), Gen.Double[0, 5], Gen.Double[0, 0.3])
        from tier in Tiers
        from rest in Gen.Select(
            Gen.Enum<DurabilityClass>(), Gen.Enum<DataClass>(), Gen.Enum<AccessPattern>(),
            Gen.Long[0, 1_000_000_000_000])
        select new MigrationFacts
        {
            SizeBytes = size,
            CreatedAt = Now - age,
            Tier = tier,
            TierSince = since < age ? Now - since : Now - age,
            Accesses = accesses,
            Rate = new AccessRate(rate, Now.AddTicks(-rest.Item4)),
            Class = rest.Item1,
            DataClass = rest.Item2,
            Pattern = rest.Item3,
        };

    public static readonly Gen<LocationCost> Costs = Gen.OneOf(
        Gen.Const(LocationCost.Free),
        from keep in Gen.Double[0, 0.1]
        from write in Gen.Double[0, 0.1]
        from read in Gen.Double[0, 0.1]
        from egress in Gen.Double[0, 0.1]
        from days in Of(0, 30, 90, 180)
        from size in Of(0L, 1 << 17)
        select new LocationCost(keep, write, read, egress, days, size));

    public static readonly Gen<MigrationEnvironment> Environments =
        from states in Gen.Select(Costs, Gen.OneOf(Gen.Const(0d), Gen.Double[0, 1]), Gen.Bool).Array[4]
        from always in Gen.Int[0, 3]
        select new MigrationEnvironment(states
            .Select((state, index) => (State: new TierState((StorageTier)index, state.Item1, state.Item2), state.Item3))
            .Where(tier => tier.Item2 || (int)tier.State.Tier == always)
            .Select(tier => tier.State));

    public static readonly Gen<MigrationRule> Rules =
        from age in Optional(Gen.Select(Of(0, 7, 30), Of(1, 7, 40, 90),
            (start, below) => new AgeRange(TimeSpan.FromDays(start), below == 90 ? null : TimeSpan.FromDays(below))))
        from frequency in Optional(Gen.Select(
            Of(0, 1.0 / 7, 1), Gen.Bool, Of(1.0 / 7, 1, 3, double.PositiveInfinity), Gen.Bool,
            (low, includesLow, high, includesHigh) =>
                new FrequencyRange(low, includesLow, high, includesHigh && double.IsFinite(high))))
        from size in Optional(Gen.Select(Of(0L, 1024), Of(500L, 1_000_000, 1 << 30),
            (start, below) => new SizeRange(start, below == 1 << 30 ? null : below)))
        from sets in Gen.Select(
            SetOf<StorageTier>(), SetOf<DurabilityClass>(), SetOf<DataClass>(), SetOf<AccessPattern>())
        from pressure in Gen.OneOf(Gen.Const(TierPressure.None), Gen.Enum<TierPressure>())
        from target in Tiers
        select new MigrationRule
        {
            Name = "rule",
            Age = age,
            Frequency = frequency,
            Size = size,
            Tiers = sets.Item1,
            Classes = sets.Item2,
            DataClasses = sets.Item3,
            Patterns = sets.Item4,
            Pressure = pressure,
            Target = target,
        };

    public static readonly Gen<MigrationPolicy> Random =
        from rules in Rules.Array[1, 8]
        from measure in Gen.Enum<FrequencyMeasure>()
        from halfLife in Of(1, 7 * 24, 365 * 24)
        from residence in Of(0, 1, 30)
        from within in Optional(Of(1, 90))
        from marks in Optional(Gen.Const(new Watermarks(0.8, 0.9)))
        select new MigrationPolicy
        {
            Name = "random",
            Frequency = measure,
            HalfLife = TimeSpan.FromHours(halfLife),
            MinimumResidence = TimeSpan.FromDays(residence),
            BreakEvenWithin = within is { } days ? TimeSpan.FromDays(days) : null,
            Watermarks = marks,
            Rules = [.. rules.Select((rule, index) => rule with { Name = $"rule {index}" })],
        };

    public static readonly Gen<MigrationPolicy> Policies = Gen.OneOf(
        Random, Of(MigrationPolicies.SeedV1, MigrationPolicies.Adaptive));

    public static Gen<T> Of<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(index => values[index]);

    private static Gen<T?> Optional<T>(Gen<T> gen)
        where T : struct =>
        Gen.Select(Gen.Bool, gen, (has, value) => has ? value : (T?)null);

    private static Gen<ImmutableArray<T>> SetOf<T>()
        where T : struct, Enum =>
        Gen.OneOf(
            Gen.Const(ImmutableArray<T>.Empty),
            Gen.Enum<T>().Array[1, 2].Select(values => values.Distinct().Order().ToImmutableArray()));
}
