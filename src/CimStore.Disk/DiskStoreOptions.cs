using CimStore.Locations;

namespace CimStore.Disk;

/// <summary>How the embedded store is set up. What exists is valid: setters check their range.</summary>
public sealed class DiskStoreOptions
{
    public const string Section = "CimStore:Disk";

    private const int MiB = 1 << 20;

    /// <summary>Where everything is kept; made when absent.</summary>
    public string DataDirectory
    {
        get;
        set => field = string.IsNullOrWhiteSpace(value)
            ? throw new ArgumentException("The data directory has no name.", nameof(value))
            : value;
    } = "cimstore-data";

    /// <summary>Use a file system that cannot promise durability (D28). Every status then carries a warning.</summary>
    public bool ForceUnsafe { get; set; }

    /// <summary>What a second node is told about where this one listens.</summary>
    public string? ListenAddress { get; set; }

    /// <summary>
    /// The name of this location in copies and receipts. Changing it disowns every copy made under the old one.
    /// </summary>
    public string LocationName
    {
        get;
        set => field = string.IsNullOrWhiteSpace(value)
            ? throw new ArgumentException("A location has a name.", nameof(value))
            : value;
    } = "hot";

    /// <summary>nvme, ssd, hdd or unknown.</summary>
    public string Medium { get; set; } = "unknown";

    /// <summary>Failure-domain labels of this machine: region, zone, rack, node, device.</summary>
    public IDictionary<string, string> Labels { get; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>All that policies may know of this location; null makes it of medium and labels.</summary>
    public LocationTraits? Traits { get; set; }

    /// <summary>
    /// Content up to this size travels in the log. 1 MiB is the seed's border between key-value and object storage;
    /// above it a file of its own costs two syncs more and saves copying when the log is compacted.
    /// </summary>
    public int InlineSizeMaxBytes { get; set => field = InRange(value, 4096, 8 * MiB); } = MiB;

    /// <summary>One log file. Smaller ones are given back sooner, larger ones are opened less often.</summary>
    public int SegmentBytes { get; set => field = InRange(value & ~4095, 64 << 10, 1 << 30); } = 64 * MiB;

    /// <summary>
    /// What the index gathers before it writes a file. 32 MiB hold some 130,000 objects, 600 MB of 4 KiB contents;
    /// fewer and larger files are compacted less often, which is most of what the index writes.
    /// </summary>
    public int IndexMemoryBytes { get; set => field = InRange(value, MiB, 512 * MiB); } = 32 * MiB;

    public int IndexCacheBytes { get; set => field = InRange(value, MiB, 2047 * MiB); } = 32 * MiB;

    /// <summary>A segment with less living content than this share is emptied by compaction.</summary>
    public double CompactBelowLiveShare
    {
        get;
        set => field = value is >= 0 and <= 1
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "A share is between 0 and 1.");
    } = 0.5;

    /// <summary>Dropped log files kept and written again: faster under load, for their room.</summary>
    public int RecycledSegmentsMax { get; set => field = InRange(value, 0, 1024); }

    private static int InRange(int value, int min, int max)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(value, min);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, max);
        return value;
    }
}
