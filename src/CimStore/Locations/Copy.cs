namespace CimStore.Locations;

/// <summary>
/// One location's holding of one content. The incarnation tells a new copy from an older one at the same place.
/// </summary>
public sealed record Copy(
    LocationId Location, ulong Incarnation, CopyState State, CopyHeader Header, DateTimeOffset VerifiedAt);
