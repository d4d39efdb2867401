using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Policies;

/// <summary>What is known of content that wants a place.</summary>
public sealed record PlacementRequest
{
    public required ContentKey Key { get; init; }

    public required long SizeBytes { get; init; }

    public AccessPattern Pattern { get; init; }

    public DataClass DataClass { get; init; }

    /// <summary>Null for the strongest class that the locations satisfy (D3).</summary>
    public DurabilityClass? Class { get; init; }

    /// <summary>Null for the level of its data class (D13).</summary>
    public ConsistencyLevel? Level { get; init; }

    public RegionConstraint Regions { get; init; } = RegionConstraint.None;

    /// <summary>Where it comes from and is mostly read; only the geographic strategy asks.</summary>
    public string? Region { get; init; }

    /// <summary>The caller takes what copies can be had now, and the rest as a debt, also where the class or level
    /// cannot be satisfied.</summary>
    public bool AcceptDebt { get; init; }
}
