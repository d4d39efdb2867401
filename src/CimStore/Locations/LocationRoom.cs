namespace CimStore.Locations;

/// <summary>Room at a location, in bytes as the medium counts them. Null where it has no end that is known.</summary>
public readonly record struct LocationRoom(long? BytesTotal, long? BytesFree)
{
    public double? FillShare =>
        BytesTotal is > 0 and var total && BytesFree is { } free ? 1 - ((double)free / total) : null;
}
