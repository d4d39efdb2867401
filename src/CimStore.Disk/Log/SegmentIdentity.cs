using System.Buffers.Binary;

namespace CimStore.Disk.Log;

/// <summary>What a batch must repeat to count in a segment. The nonce is never shown outside the log's files.</summary>
internal readonly record struct SegmentIdentity(Guid Store, ulong Segment, ulong Epoch, ulong Nonce)
{
    public static SegmentIdentity Read(ReadOnlySpan<byte> source) => new(
        new Guid(source[..16], bigEndian: true),
        BinaryPrimitives.ReadUInt64LittleEndian(source[16..]),
        BinaryPrimitives.ReadUInt64LittleEndian(source[24..]),
        BinaryPrimitives.ReadUInt64LittleEndian(source[32..]));

    public void Write(Span<byte> destination)
    {
        Store.TryWriteBytes(destination, bigEndian: true, out _);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[16..], Segment);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[24..], Epoch);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[32..], Nonce);
    }
}
