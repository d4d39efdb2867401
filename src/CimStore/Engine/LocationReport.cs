using CimStore.Locations;

namespace CimStore.Engine;

/// <summary>One location, as an operator sees it.</summary>
/// <param name="IsHome">It is the journal's own log.</param>
/// <param name="Copies">Copies of present objects that are there.</param>
/// <param name="SizeBytes">The size of their content.</param>
public sealed record LocationReport(
    LocationId Location, StorageTier Tier, LocationState State, bool IsHome, long Copies, long SizeBytes)
{
    /// <summary>Null where the medium has no end that is known, or cannot be asked.</summary>
    public long? FreeBytes { get; init; }

    /// <summary>How much of the medium is used, by anybody: 0 to 1.</summary>
    public double? FillShare { get; init; }
}
