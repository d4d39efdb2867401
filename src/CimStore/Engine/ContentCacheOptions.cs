namespace CimStore.Engine;

/// <summary>The memory cache of proved small contents.</summary>
public sealed class ContentCacheOptions
{
    public const long SizeLimitBytes = 64L << 30;

    private const long SizeDefaultMaxBytes = 256L << 20;
    private const int MemoryShare = 32;

    /// <summary>
    /// All entries together: by default a 32nd of the memory that the process may use, and 256 MiB at most. It fills
    /// with what is read again, and only with small content; a node that is opened, or streams, keeps none of it.
    /// </summary>
    public long SizeMaxBytes
    {
        get;
        set => field = value is >= 0 and <= SizeLimitBytes
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, $"0..{SizeLimitBytes} bytes.");
    } = Math.Min(SizeDefaultMaxBytes, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / MemoryShare);

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
