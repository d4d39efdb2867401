namespace CimStore.Engine;

/// <summary>A range of bytes that lies within its content.</summary>
internal readonly record struct ContentRange(long Offset, long Length)
{
    public long End => Offset + Length;

    public static ContentRange Clip(long offset, long length, long sizeBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        var first = Math.Min(offset, sizeBytes);
        return new ContentRange(first, Math.Min(length, sizeBytes - first));
    }
}
