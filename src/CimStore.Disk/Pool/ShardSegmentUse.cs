namespace CimStore.Disk.Pool;

/// <summary>
/// What the records of a segment of a shard log take: shards, those of them that are garbage, and release records. What
/// the file is longer than that is heads of batches and what batches were filled up with.
/// </summary>
internal readonly record struct ShardSegmentUse(long ShardBytes, long GarbageBytes, long ReleaseBytes)
{
    public static ShardSegmentUse operator +(ShardSegmentUse left, ShardSegmentUse right) => new(
        left.ShardBytes + right.ShardBytes, left.GarbageBytes + right.GarbageBytes,
        left.ReleaseBytes + right.ReleaseBytes);
}
