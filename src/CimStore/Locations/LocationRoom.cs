namespace CimStore.Locations;

/// <summary>
/// Room at a location, in bytes of content: what a copy takes beyond that, as the parity of a pool, is reckoned off.
/// Null where it has no end that is known.
/// </summary>
public readonly record struct LocationRoom(long? BytesTotal, long? BytesFree)
{
    public double? FillShare =>
        BytesTotal is > 0 and var total && BytesFree is { } free ? 1 - ((double)free / total) : null;
}
