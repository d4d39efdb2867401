namespace CimStore.Locations;

/// <summary>Room at a location, in bytes as the medium counts them.</summary>
/// <param name="BytesTotal">Null where it has no end that is known.</param>
/// <param name="BytesFree">Null where it has no end that is known.</param>
/// <param name="BytesUsed">By this location: copies, garbage and what it needs itself.</param>
public readonly record struct LocationSpace(long? BytesTotal, long? BytesFree, long BytesUsed);
