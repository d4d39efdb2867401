using CimStore.Locations;

namespace CimStore.Policies;

/// <summary>A tier that has a location: what it costs and how full it is.</summary>
/// <param name="FillShare">0 is empty, 1 is full.</param>
/// <param name="CapacityBytes">Null: not limited, or not known. Decisions go by the share; a simulation makes the share
/// from this.</param>
public sealed record TierState(
    StorageTier Tier, LocationCost Cost, double FillShare = 0, long? CapacityBytes = null);
