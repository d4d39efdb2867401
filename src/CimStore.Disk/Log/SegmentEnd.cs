using System.Buffers.Binary;
using CimStore.Disk.Files;

namespace CimStore.Disk.Log;

/// <summary>
/// Where a segment ends, as stated outside it: all batches up to the number were acknowledged, the rest is void.
/// </summary>
internal readonly record struct SegmentEnd(long Offset, ulong Batch, uint Checksum)
{
    public const int FileBytes = 64;

    private static ReadOnlySpan<byte> Magic => "CIMSEND\0"u8;

    /// <summary>The end of a segment as others state it; null when nobody does, as for the newest.</summary>
    /// <param name="disk">The file system.</param>
    /// <param name="directory">The log's directory.</param>
    /// <param name="store">The store.</param>
    /// <param name="segment">Whose end is wanted.</param>
    /// <param name="next">The next segment there is, or null.</param>
    public static SegmentEnd? Find(IDisk disk, string directory, Guid store, ulong segment, SegmentFacts? next)
    {
        if (next?.Header is { } header && header.PreviousSegment == segment)
        {
            return new SegmentEnd(header.PreviousEnd, header.DurableBatch, header.DurableChecksum);
        }

        if (next is null)
        {
            return null;
        }

        var path = Path.Combine(directory, LogFormat.EndName(segment));
        if (Durable.Load(disk, path, LogFormat.BlockBytes) is { } bytes && Read(bytes.Span, store, segment) is { } end)
        {
            return end;
        }

        // The next header is damaged, but its first batch was written when everything before it was durable.
        return next.Identity.Segment == segment + 1
            ? new SegmentEnd(long.MaxValue, next.Start.NextBatch - 1, next.Start.Checksum)
            : null;
    }

    public static SegmentEnd? Read(ReadOnlySpan<byte> source, Guid store, ulong segment) =>
        source.Length == FileBytes
        && source.StartsWith(Magic)
        && BinaryPrimitives.ReadUInt16LittleEndian(source[8..]) == LogFormat.Version
        && BinaryPrimitives.ReadUInt32LittleEndian(source[60..]) == Crc32C.Of(source[..60])
        && new Guid(source[16..32], bigEndian: true) == store
        && BinaryPrimitives.ReadUInt64LittleEndian(source[32..]) == segment
            ? new SegmentEnd(
                BinaryPrimitives.ReadInt64LittleEndian(source[40..]),
                BinaryPrimitives.ReadUInt64LittleEndian(source[48..]),
                BinaryPrimitives.ReadUInt32LittleEndian(source[56..]))
            : null;

    public void Write(Span<byte> destination, Guid store, ulong segment)
    {
        destination[..FileBytes].Clear();
        Magic.CopyTo(destination);
        BinaryPrimitives.WriteUInt16LittleEndian(destination[8..], LogFormat.Version);
        store.TryWriteBytes(destination[16..], bigEndian: true, out _);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[32..], segment);
        BinaryPrimitives.WriteInt64LittleEndian(destination[40..], Offset);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[48..], Batch);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[56..], Checksum);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[60..], Crc32C.Of(destination[..60]));
    }
}
