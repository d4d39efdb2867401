using CimStore.Locations;

namespace CimStore.Policies;

/// <summary>A location that could take content, and what is known of it now.</summary>
public sealed record PlacementCandidate(LocationId Location, LocationTraits Traits)
{
    /// <summary>The log that holds the journal: new content goes there first. At most one is.</summary>
    public bool IsHome { get; init; }

    public LocationState State { get; init; } = LocationState.Active;

    public bool IsReachable { get; init; } = true;

    /// <summary>Null when it is not known or has no end.</summary>
    public long? FreeBytes { get; init; }

    /// <summary>It was filled to its limit and is not below the share at which it takes something again.</summary>
    public bool IsFull { get; init; }

    /// <summary>How much of it is taken, 0 to 1; null when it is not known or has no end.</summary>
    public double? FillShare { get; init; }
}
