using System.Collections.Immutable;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Policies;

namespace CimStore.Engine;

/// <summary>How a node with several locations keeps its objects; a node with one needs none of it.</summary>
public sealed record TierSettings(MigrationPolicy Policy, IDueIndex Due)
{
    public PlacementOptions Placement { get; init; } = new();

    /// <summary>Locations that are not active when the node opens.</summary>
    public ImmutableDictionary<LocationId, LocationState> States { get; init; } =
        ImmutableDictionary<LocationId, LocationState>.Empty;

    /// <summary>Keeps what an operator sets while the node runs; null forgets it with the process.</summary>
    public ILocationStates? StateStore { get; init; }

    /// <summary>Of content stored without a class; null takes the strongest that the locations satisfy (D3).</summary>
    public DurabilityClass? DefaultClass { get; init; }

    /// <summary>What whoever set it up has to be told for as long as it runs.</summary>
    public ImmutableArray<string> Warnings { get; init; } = [];

    public BackgroundLimits Limits { get; init; } = new();
}
