using System.Buffers.Binary;

namespace CimStore.Disk.Log;

/// <summary>
/// A place between two batches: everything before it has been seen. An index stores the cursor of the last batch it
/// applied, in the same write as what it applied, and gives it back at the next open.
/// </summary>
/// <param name="Segment">The segment of the last batch seen.</param>
/// <param name="BatchOffset">The offset of that batch, 0 when there is none in this segment.</param>
/// <param name="Offset">The offset after that batch.</param>
/// <param name="NextBatch">The number of the batch that follows.</param>
/// <param name="NextLsn">The LSN of the next new record.</param>
/// <param name="Checksum">The header checksum of the last batch seen, 0 when there is none.</param>
internal readonly record struct LogCursor(
    ulong Segment, long BatchOffset, long Offset, ulong NextBatch, ulong NextLsn, uint Checksum)
{
    public const int SizeBytes = 44;

    /// <summary>Before the first batch of a new store.</summary>
    public static LogCursor Origin => new(0, 0, 0, 1, 1, 0);

    /// <summary>The highest LSN before the cursor; 0 when there is none.</summary>
    public ulong LastLsn => NextLsn - 1;

    public static LogCursor Read(ReadOnlySpan<byte> source) => new(
        BinaryPrimitives.ReadUInt64LittleEndian(source),
        BinaryPrimitives.ReadInt64LittleEndian(source[8..]),
        BinaryPrimitives.ReadInt64LittleEndian(source[16..]),
        BinaryPrimitives.ReadUInt64LittleEndian(source[24..]),
        BinaryPrimitives.ReadUInt64LittleEndian(source[32..]),
        BinaryPrimitives.ReadUInt32LittleEndian(source[40..]));

    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(destination, Segment);
        BinaryPrimitives.WriteInt64LittleEndian(destination[8..], BatchOffset);
        BinaryPrimitives.WriteInt64LittleEndian(destination[16..], Offset);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[24..], NextBatch);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[32..], NextLsn);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[40..], Checksum);
    }
}
