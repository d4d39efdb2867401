using CimStore.Locations;

namespace CimStore.Policies;

/// <summary>A copy that its object does not need, at a location that is full.</summary>
/// <param name="RoomBytes">What its location gets back for it, about.</param>
/// <param name="LastUsedAt">When its object was read last; when it was stored, if never.</param>
public sealed record SpareCopy(ContentKey Key, Copy Copy, long RoomBytes, DateTimeOffset LastUsedAt);
