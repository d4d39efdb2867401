using System.Collections.Immutable;
using CimStore.Locations;

namespace CimStore.Policies;

/// <summary>What a policy may know about the node: the tiers that have a location. There is at least one.</summary>
public sealed class MigrationEnvironment
{
    private static readonly int TierCount = Enum.GetValues<StorageTier>().Length;

    private readonly TierState?[] _byTier = new TierState?[TierCount];

    public MigrationEnvironment(IEnumerable<TierState> tiers)
    {
        foreach (var state in tiers)
        {
            if (!(state.FillShare >= 0))
            {
                throw new ArgumentOutOfRangeException(nameof(tiers), $"{state.Tier} cannot be filled so.");
            }

            if (_byTier[(int)state.Tier] is not null)
            {
                throw new ArgumentException($"{state.Tier} is given twice.", nameof(tiers));
            }

            _byTier[(int)state.Tier] = state;
        }

        Tiers = [.. _byTier.OfType<TierState>()];
        if (Tiers.IsEmpty)
        {
            throw new ArgumentException("No tier has a location.", nameof(tiers));
        }
    }

    /// <summary>Warmest first.</summary>
    public ImmutableArray<TierState> Tiers { get; }

    /// <returns>Null when the tier has no location.</returns>
    public TierState? Find(StorageTier tier) => _byTier[(int)tier];

    /// <summary>
    /// Where content goes that belongs to a tier: there, or to the next warmer tier that has a location, because it is
    /// better too near than too far; the next colder one only where there is none.
    /// </summary>
    public StorageTier Bound(StorageTier target)
    {
        for (var tier = (int)target; tier >= 0; tier--)
        {
            if (_byTier[tier] is not null)
            {
                return (StorageTier)tier;
            }
        }

        return Tiers[0].Tier;
    }

    public TierPressure PressureOf(StorageTier tier, MigrationPolicy policy) =>
        policy.Watermarks is { } marks && Find(tier) is { } state
            ? marks.PressureAt(state.FillShare)
            : TierPressure.None;
}
