using System.Collections.Immutable;
using CimStore.Locations;

namespace CimStore.Policies;

/// <summary>What a cycle of a simulation did, and how things stood when its migrations were done.</summary>
/// <param name="End">Of the cycle; migrations happen then.</param>
/// <param name="Tiers">Those that have a location, warmest first.</param>
/// <param name="Moves">Those of the cycle, by the tiers they went between; none with a count of zero.</param>
/// <param name="Puts">New objects.</param>
/// <param name="RepeatedPuts">Puts of what was there already: content is stored once.</param>
/// <param name="Gets">Reads that were served.</param>
/// <param name="UnknownGets">Reads of what was never put or is deleted.</param>
public sealed record SimulationPeriod(
    DateTimeOffset End, ImmutableArray<SimulatedTier> Tiers, ImmutableArray<SimulatedMoves> Moves, long Puts,
    long RepeatedPuts, long Gets, long UnknownGets, long Deletes)
{
    /// <summary>The share of the cycle's served reads that this tier served; 0 when there were none.</summary>
    public double HitRate(StorageTier tier) =>
        Gets == 0 ? 0 : (Tiers.FirstOrDefault(state => state.Tier == tier)?.Gets ?? 0) / (double)Gets;

    /// <summary>Of all tiers, since the simulation began.</summary>
    public double DollarsSoFar => Tiers.Sum(state => state.DollarsSoFar);
}
