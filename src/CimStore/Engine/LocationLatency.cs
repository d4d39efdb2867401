using CimStore.Locations;

namespace CimStore.Engine;

/// <summary>How long one location took to answer readers; what memory served, moves and scrubbing are not in it.
/// </summary>
/// <param name="FirstByte">Until the first proved bytes could be given out.</param>
/// <param name="WholeSmall">Until small content was read and proved whole: its first byte comes with its last.</param>
public sealed record LocationLatency(
    LocationId Location, StorageTier Tier, LatencyFigures FirstByte, LatencyFigures WholeSmall);
