using CimStore.Locations;

namespace CimStore.Engine;

/// <param name="Location">Where the copy is.</param>
/// <param name="IsRight">Every byte was read, and is as it was stored.</param>
/// <param name="Detail">What was wrong, with the offset, or why it could not be read; null when nothing was.</param>
public sealed record CopyVerdict(LocationId Location, bool IsRight, string? Detail)
{
    /// <summary>It could not be looked at, as its location is away or not bound: neither right nor wrong.</summary>
    public bool IsUnread { get; init; }
}
