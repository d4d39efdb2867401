namespace CimStore.Engine;

/// <summary>What background work may take of the node.</summary>
public sealed class BackgroundLimits
{
    /// <summary>Bytes of content a second, over all moves and copies; 0 is no limit.</summary>
    public long BytesPerSecondMax
    {
        get;
        set => field = value >= 0
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "0 (no limit) or more.");
    }

    /// <summary>How often what is due is looked for, while a node serves.</summary>
    public TimeSpan Cycle
    {
        get;
        set => field = value >= TimeSpan.FromSeconds(1) && value <= TimeSpan.FromDays(1)
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "A second to a day.");
    } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Bytes a second that proving copies again may read, beside what moves and copies read; 0 is no limit.
    /// </summary>
    public long ScrubBytesPerSecondMax
    {
        get;
        set => field = value >= 0
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "0 (no limit) or more.");
    }

    /// <summary>How long a copy may go unproved; an access pattern may ask for less.</summary>
    public TimeSpan ScrubCycle
    {
        get;
        set => field = value >= TimeSpan.FromHours(1) && value <= TimeSpan.FromDays(365)
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "An hour to a year.");
    } = TimeSpan.FromDays(30);

    public int MovesAtOnceMax
    {
        get;
        set => field = value is >= 1 and <= 256
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "1 to 256.");
    } = 4;

    /// <summary>Moves one cycle begins at most; what is left is due in the next.</summary>
    public int MovesPerCycleMax
    {
        get;
        set => field = value is >= 1 and <= 10_000_000
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "1 to 10,000,000.");
    } = 10_000;
}
