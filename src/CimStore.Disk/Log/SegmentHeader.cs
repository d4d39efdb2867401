using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace CimStore.Disk.Log;

/// <summary>The first 4 KiB of a segment.</summary>
internal sealed record SegmentHeader
{
    private const int ChecksumOffset = LogFormat.BlockBytes - sizeof(uint);

    public required SegmentReason Reason { get; init; }

    public required SegmentIdentity Identity { get; init; }

    public required ulong FirstLsn { get; init; }

    public required ulong PreviousSegment { get; init; }

    public required long PreviousEnd { get; init; }

    public required ulong DurableLsn { get; init; }

    public required ulong DurableBatch { get; init; }

    public required uint DurableChecksum { get; init; }

    public required DateTimeOffset Created { get; init; }

    private static ReadOnlySpan<byte> Magic => "CIMSLOG\0"u8;

    /// <summary>The cursor before the segment's first batch.</summary>
    public LogCursor Start =>
        new(Identity.Segment, 0, LogFormat.BlockBytes, DurableBatch + 1, FirstLsn, DurableChecksum);

    /// <returns>The version of the format, or null when these bytes are no segment's header.</returns>
    public static ushort? VersionOf(ReadOnlySpan<byte> block) =>
        block.StartsWith(Magic) ? BinaryPrimitives.ReadUInt16LittleEndian(block[8..]) : null;

    public static bool TryRead(ReadOnlySpan<byte> block, [NotNullWhen(true)] out SegmentHeader? header)
    {
        header = null;
        if (block.Length < LogFormat.BlockBytes
            || VersionOf(block) != LogFormat.Version
            || BinaryPrimitives.ReadUInt32LittleEndian(block[ChecksumOffset..]) != Crc32C.Of(block[..ChecksumOffset]))
        {
            return false;
        }

        header = new SegmentHeader
        {
            Reason = (SegmentReason)block[10],
            Identity = SegmentIdentity.Read(block[16..]),
            FirstLsn = BinaryPrimitives.ReadUInt64LittleEndian(block[56..]),
            PreviousSegment = BinaryPrimitives.ReadUInt64LittleEndian(block[64..]),
            PreviousEnd = BinaryPrimitives.ReadInt64LittleEndian(block[72..]),
            DurableLsn = BinaryPrimitives.ReadUInt64LittleEndian(block[80..]),
            DurableBatch = BinaryPrimitives.ReadUInt64LittleEndian(block[88..]),
            DurableChecksum = BinaryPrimitives.ReadUInt32LittleEndian(block[96..]),
            Created = DateTimeOffset.UnixEpoch.AddMicroseconds(BinaryPrimitives.ReadInt64LittleEndian(block[104..])),
        };
        return true;
    }

    public void Write(Span<byte> block)
    {
        block[..LogFormat.BlockBytes].Clear();
        Magic.CopyTo(block);
        BinaryPrimitives.WriteUInt16LittleEndian(block[8..], LogFormat.Version);
        block[10] = (byte)Reason;
        Identity.Write(block[16..]);
        BinaryPrimitives.WriteUInt64LittleEndian(block[56..], FirstLsn);
        BinaryPrimitives.WriteUInt64LittleEndian(block[64..], PreviousSegment);
        BinaryPrimitives.WriteInt64LittleEndian(block[72..], PreviousEnd);
        BinaryPrimitives.WriteUInt64LittleEndian(block[80..], DurableLsn);
        BinaryPrimitives.WriteUInt64LittleEndian(block[88..], DurableBatch);
        BinaryPrimitives.WriteUInt32LittleEndian(block[96..], DurableChecksum);
        var microseconds = (Created - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        BinaryPrimitives.WriteInt64LittleEndian(block[104..], microseconds);
        BinaryPrimitives.WriteUInt32LittleEndian(block[ChecksumOffset..], Crc32C.Of(block[..ChecksumOffset]));
    }
}
