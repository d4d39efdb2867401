namespace CimStore.Disk.Pool;

/// <summary>
/// What the records of a segment of a shard log take: shards, those of them that are garbage, and release records; and
/// what batches were filled up with when they were first written. What was moved lies close.
/// </summary>
internal readonly record struct ShardSegmentUse(
    long ShardBytes, long GarbageBytes, long ReleaseBytes, long PaddingBytes)
{
    public static ShardSegmentUse operator +(ShardSegmentUse left, ShardSegmentUse right) => new(
        left.ShardBytes + right.ShardBytes, left.GarbageBytes + right.GarbageBytes,
        left.ReleaseBytes + right.ReleaseBytes, left.PaddingBytes + right.PaddingBytes);
}
