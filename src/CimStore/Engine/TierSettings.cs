using System.Collections.Immutable;
using CimStore.Locations;
using CimStore.Policies;

namespace CimStore.Engine;

/// <summary>How a node with several locations keeps its objects; a node with one needs none of it.</summary>
public sealed record TierSettings(MigrationPolicy Policy, IDueIndex Due)
{
    public PlacementOptions Placement { get; init; } = new();

    /// <summary>Locations that are not active.</summary>
    public ImmutableDictionary<LocationId, LocationState> States { get; init; } =
        ImmutableDictionary<LocationId, LocationState>.Empty;

    public BackgroundLimits Limits { get; init; } = new();
}
