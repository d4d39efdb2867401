using System.Buffers.Binary;

namespace CimStore.Disk.Log;

/// <summary>Where a record lies: all of it, from its head to the end of its payload.</summary>
internal readonly record struct LogPosition(ulong Segment, uint Offset, int LengthBytes)
{
    public const int SizeBytes = 16;

    public static LogPosition Read(ReadOnlySpan<byte> source) => new(
        BinaryPrimitives.ReadUInt64LittleEndian(source),
        BinaryPrimitives.ReadUInt32LittleEndian(source[8..]),
        BinaryPrimitives.ReadInt32LittleEndian(source[12..]));

    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(destination, Segment);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[8..], Offset);
        BinaryPrimitives.WriteInt32LittleEndian(destination[12..], LengthBytes);
    }
}
