using System.Collections.Immutable;
using CimStore.Locations;
using CimStore.Policies;

namespace CimStore.Server.Configuration;

/// <summary>Where content may lie, and by which rules it moves. What exists was checked.</summary>
public sealed record TiersConfiguration
{
    /// <summary>Without a file, or without <c>locations</c> in it: the log alone.</summary>
    public static readonly TiersConfiguration Default = new()
    {
        Locations =
            [new LocationConfiguration.Log { Id = new LocationId("hot"), Tier = StorageTier.Hot }],
    };

    /// <summary>In the order of the file; exactly one is the log, or in a cluster none.</summary>
    public required ImmutableArray<LocationConfiguration> Locations { get; init; }

    public PlacementConfiguration Placement { get; init; } = new();

    /// <summary>Null when the file has none beside those built in.</summary>
    public PolicyText? Policies { get; init; }

    /// <summary>The name of the policy in force.</summary>
    public string Policy { get; init; } = MigrationPolicies.Adaptive.Name;

    /// <summary>Those built in, then those of the file.</summary>
    public ImmutableArray<MigrationPolicy> AllPolicies { get; init; } = MigrationPolicies.BuiltIn;

    /// <summary>The policy to use: that of the name.</summary>
    public MigrationPolicy PolicyInForce { get; init; } = MigrationPolicies.Adaptive;

    public BackgroundConfiguration Background { get; init; } = new();

    public SpaceLimits Space { get; init; } = SpaceLimits.Default;

    /// <summary>Where new content goes: the log, or in a cluster the first location.</summary>
    public LocationConfiguration Home =>
        Locations.OfType<LocationConfiguration.Log>().SingleOrDefault() ?? Locations[0];

    /// <summary>How the nodes of a cluster share their journal; null on a node by itself.</summary>
    public ClusterConfiguration? Cluster { get; init; }

    /// <summary>Tiers that content can be placed at: at least one location there is active.</summary>
    public ImmutableSortedSet<StorageTier> BoundTiers =>
    [
        .. Locations.Where(location => location.State == LocationState.Active).Select(location => location.Tier),
    ];

    /// <summary>
    /// What policies may know of the tiers before anything is stored: those bound, each at the price of its first
    /// location. Null when no location is active.
    /// </summary>
    public MigrationEnvironment? Environment => BoundTiers.IsEmpty ? null : new MigrationEnvironment(
        Locations.Where(location => location.State == LocationState.Active)
            .GroupBy(location => location.Tier)
            .Select(tier => new TierState(tier.Key, tier.First().Cost)));

    /// <returns>
    /// Why the node cannot have its data there; null when it can. For a data directory that comes from elsewhere than
    /// the file, which was checked with its own.
    /// </returns>
    public string? WhyNot(string dataDirectory)
    {
        var own = RealPath.Of(Path.GetFullPath(dataDirectory));
        var clash = Locations.SelectMany(location => location.Paths, (location, path) => (location.Id, path))
            .FirstOrDefault(pair => Lie(own, RealPath.Of(pair.path)) || Lie(RealPath.Of(pair.path), own));
        return clash.path is null
            ? null
            : $"The data directory {dataDirectory} and {clash.path} of the location {clash.Id} lie in one another.";
    }

    private static bool Lie(string inner, string outer) =>
        inner == outer || inner.StartsWith(outer.TrimEnd('/') + '/', StringComparison.Ordinal);
}
