using CimStore.Locations;

namespace CimStore.Engine;

/// <param name="Detail">What was wrong, with the offset; null when nothing was.</param>
public sealed record CopyVerdict(LocationId Location, bool IsRight, string? Detail);
