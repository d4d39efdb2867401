namespace CimStore.Disk.Log;

/// <summary>
/// Which batches pass the page cache (<see cref="Files.IDiskFile.WriteBulk"/>). Those of a bulk always do: a reader is
/// not likely to come soon. Others only while it is slow: where the system first has to find each page, copying a
/// batch takes as long as the device. One batch is written at a time; what is told of an earlier one meanwhile may be
/// told late.
/// </summary>
internal sealed class DirectWrites
{
    /// <summary>More than single contents make together: a part of a batch of contents, or of a compaction.</summary>
    public const int BulkBytesMin = 2 << 20;

    /// <summary>Below, a batch gains nothing by it.</summary>
    public const int BytesMin = 64 << 10;

    /// <summary>So many pass the cache before one goes through it again, to see whether it still is slow.</summary>
    public const int BatchesAtOnce = 64;

    /// <summary>The copy is slow when it takes more than a fourth of write and sync; as a rule it is 1/20.</summary>
    private const int SlowShare = 4;

    private int _left;

    public bool Takes(int bytes)
    {
        if (bytes >= BulkBytesMin)
        {
            return true;
        }

        var left = Volatile.Read(ref _left);
        if (bytes < BytesMin || left == 0)
        {
            return false;
        }

        Volatile.Write(ref _left, left - 1);
        return true;
    }

    /// <summary>A batch was written and synced.</summary>
    public void Copied(long bytes, TimeSpan copying, TimeSpan altogether)
    {
        if (bytes >= BytesMin && copying > altogether / SlowShare)
        {
            Volatile.Write(ref _left, BatchesAtOnce);
        }
    }
}
