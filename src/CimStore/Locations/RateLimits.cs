namespace CimStore.Locations;

/// <summary>What a location is asked for at most, averaged over a second.</summary>
public sealed class RateLimits
{
    /// <summary>Of content and trees, read and written; 0 is no limit.</summary>
    public long BytesPerSecondMax
    {
        get;
        set => field = NotNegative(value);
    }

    /// <summary>0 is no limit.</summary>
    public long OperationsPerSecondMax
    {
        get;
        set => field = NotNegative(value);
    }

    private static long NotNegative(long value) =>
        value >= 0 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "0 (no limit) or more.");
}
