using CimStore.Locations;

namespace CimStore.Policies;

/// <summary>
/// When a location counts as full and takes nothing new, and when it does again. The shares are two so that it does not
/// begin and end with every content; ADR 0083 says why they are what they are.
/// </summary>
public sealed record SpaceLimits
{
    public static readonly SpaceLimits Default = new(0.95, 0.90);

    /// <summary>However much room there is, others fill the disk too: it is measured again after so much.</summary>
    public const long LookAfterBytesMax = 64L << 20;

    /// <summary>Close to the limit, a look for each 1/1024 of the whole: so far it may be passed.</summary>
    private const int LookAfterShareMin = 1024;

    /// <param name="fillShareMax">At or above it a location is full.</param>
    /// <param name="fillShareResumed">Below it a full one is full no more.</param>
    public SpaceLimits(double fillShareMax, double fillShareResumed)
    {
        if (!(fillShareResumed > 0 && fillShareResumed <= fillShareMax && fillShareMax <= 1))
        {
            throw new ArgumentOutOfRangeException(
                nameof(fillShareResumed), fillShareResumed,
                $"Above 0 and at most the limit {fillShareMax}, which is at most 1.");
        }

        (FillShareMax, FillShareResumed) = (fillShareMax, fillShareResumed);
    }

    public double FillShareMax { get; }

    public double FillShareResumed { get; }

    /// <summary>A share that is not known is not full.</summary>
    public bool IsFull(bool wasFull, LocationRoom room) =>
        room.FillShare is { } share && share >= (wasFull ? FillShareResumed : FillShareMax);

    /// <summary>Bytes that fit before it is full, 0 when it is; null where there is no end that is known.</summary>
    public long? BytesLeft(LocationRoom room) =>
        room is { BytesTotal: > 0 and var total, BytesFree: { } free }
            ? Math.Max(0, free - (total - (long)(total * FillShareMax)))
            : null;

    /// <summary>Bytes that have to go before it takes something again; 0 when none have to.</summary>
    public long BytesTooMany(LocationRoom room) =>
        room is { BytesTotal: > 0 and var total, BytesFree: { } free }
            ? Math.Max(0, total - free - (long)(total * FillShareResumed) + 1)
            : 0;

    /// <summary>Bytes that may be taken in before the room is measured again: half of what is left.</summary>
    public long LookAfterBytes(LocationRoom room)
    {
        if (BytesLeft(room) is not { } left)
        {
            return LookAfterBytesMax;
        }

        var least = Math.Clamp(room.BytesTotal!.Value / LookAfterShareMin, 1, LookAfterBytesMax);
        return Math.Clamp(left / 2, least, LookAfterBytesMax);
    }
}
