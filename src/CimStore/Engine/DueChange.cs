using CimStore.Locations;

namespace CimStore.Engine;

/// <summary>A record to be put, or, without one, an object to be forgotten.</summary>
/// <param name="Before">What was there, whose dates go.</param>
public sealed record DueChange(ContentKey Key, DueRecord? Before, DueRecord? After);
