using CimStore.Locations;

namespace CimStore.Engine;

/// <summary>One copy: where it is, and in what state.</summary>
/// <param name="Tier">Null when its location is not part of this node.</param>
/// <param name="Domain">The failure domain it counts in.</param>
/// <param name="Condition">What reading all of it showed, when that was asked for.</param>
/// <param name="Fault">Why its location cannot say; null when it can.</param>
public sealed record CopyWhereabouts(
    Copy Copy, StorageTier? Tier, string Domain, int? PartsKnown, CopyCondition? Condition, string? Fault)
{
    /// <summary>How many parts a whole copy has there; null where its location is not part of the node.</summary>
    public int? Parts { get; init; }

    /// <summary>How many of them suffice to read it.</summary>
    public int? PartsNeeded { get; init; }
}
