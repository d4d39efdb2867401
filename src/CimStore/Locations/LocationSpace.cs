namespace CimStore.Locations;

/// <summary>Room at a location as <see cref="LocationRoom"/> counts it, and what it takes of the medium.</summary>
/// <param name="BytesTotal">Null where it has no end that is known.</param>
/// <param name="BytesFree">Null where it has no end that is known.</param>
/// <param name="BytesUsed">On the medium, by this location: copies, parity, garbage and what it needs itself.</param>
public readonly record struct LocationSpace(long? BytesTotal, long? BytesFree, long BytesUsed);
