namespace CimStore.Disk.Catalog;

/// <summary>
/// How much content a segment holds, and how much of that is garbage; entries and padding are neither.
/// </summary>
internal readonly record struct SegmentUse(long ContentBytes, long GarbageBytes)
{
    public static SegmentUse operator +(SegmentUse left, SegmentUse right) =>
        new(left.ContentBytes + right.ContentBytes, left.GarbageBytes + right.GarbageBytes);
}
