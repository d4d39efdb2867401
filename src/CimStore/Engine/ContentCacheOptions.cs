namespace CimStore.Engine;

/// <summary>The memory cache of proved small contents.</summary>
public sealed class ContentCacheOptions
{
    public const long SizeLimitBytes = 64L << 30;

    /// <summary>All entries together. 32 MiB leave a node with a million objects within its 250 MiB.</summary>
    public long SizeMaxBytes
    {
        get;
        set => field = value is >= 0 and <= SizeLimitBytes
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, $"0..{SizeLimitBytes} bytes.");
    } = 32L << 20;

    /// <summary>Larger contents are never cached: the system's page cache serves them as well.</summary>
    public int ItemSizeMaxBytes
    {
        get;
        set => field = value is >= 0 and <= 1 << 20
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "0..1 MiB.");
    } = 64 << 10;

    /// <summary>After this long an entry is read and proved anew.</summary>
    public TimeSpan AgeMax
    {
        get;
        set => field = value > TimeSpan.Zero
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "Longer than nothing.");
    } = TimeSpan.FromHours(1);

    /// <summary>
    /// Whether content from memory is proved each time it is given out, as content from a location is: memory rots too,
    /// and 4 KiB cost some 2 us. Without it content is proved when it comes into memory, and then trusted for
    /// <see cref="AgeMax"/>.
    /// </summary>
    public bool ProvesEachRead { get; set; } = true;
}
