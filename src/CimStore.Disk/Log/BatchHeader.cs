using System.Buffers.Binary;

namespace CimStore.Disk.Log;

/// <summary>The first 128 bytes of a batch.</summary>
internal readonly record struct BatchHeader
{
    private const int ChecksumOffset = LogFormat.BatchHeaderBytes - sizeof(uint);
    private const byte ClosedFlag = 1;

    public required BatchKind Kind { get; init; }

    /// <summary>On a mark: the log was closed, and nothing follows in this segment.</summary>
    public bool Closed { get; init; }

    public required int RecordCount { get; init; }

    public required SegmentIdentity Identity { get; init; }

    public required ulong Number { get; init; }

    public required ulong FirstLsn { get; init; }

    public required ulong DurableLsn { get; init; }

    public required ulong DurableBatch { get; init; }

    public required int RecordsBytes { get; init; }

    public required uint BodyChecksum { get; init; }

    public required uint PreviousChecksum { get; init; }

    public ulong VoidedBatch { get; init; }

    /// <summary>
    /// The header's own checksum, which stands for the batch in the chain. Set by reading and writing.
    /// </summary>
    public uint Checksum { get; init; }

    private static ReadOnlySpan<byte> Magic => "CIMSBAT\0"u8;

    public ulong NextLsn => Kind == BatchKind.Records ? FirstLsn + (ulong)RecordCount : FirstLsn;

    public long TableOffset => LogFormat.BatchHeaderBytes + (long)RecordsBytes;

    /// <summary>Header, records and table, without the zeros after them.</summary>
    public long UsedBytes => TableOffset + ((long)RecordCount * LogFormat.TableEntryBytes);

    public long LengthBytes => LogFormat.AlignUp(UsedBytes, LogFormat.BlockBytes);

    /// <returns>
    /// False when these bytes are no intact header; whether it counts in a segment is another question.
    /// </returns>
    public static bool TryRead(ReadOnlySpan<byte> source, out BatchHeader header)
    {
        header = default;
        if (source.Length < LogFormat.BatchHeaderBytes || !source.StartsWith(Magic))
        {
            return false;
        }

        var checksum = BinaryPrimitives.ReadUInt32LittleEndian(source[ChecksumOffset..]);
        if (checksum != Crc32C.Of(source[..ChecksumOffset]))
        {
            return false;
        }

        header = new BatchHeader
        {
            Kind = (BatchKind)source[8],
            Closed = (source[9] & ClosedFlag) != 0,
            RecordCount = BinaryPrimitives.ReadInt32LittleEndian(source[12..]),
            Identity = SegmentIdentity.Read(source[16..]),
            Number = BinaryPrimitives.ReadUInt64LittleEndian(source[56..]),
            FirstLsn = BinaryPrimitives.ReadUInt64LittleEndian(source[64..]),
            DurableLsn = BinaryPrimitives.ReadUInt64LittleEndian(source[72..]),
            DurableBatch = BinaryPrimitives.ReadUInt64LittleEndian(source[80..]),
            RecordsBytes = BinaryPrimitives.ReadInt32LittleEndian(source[88..]),
            BodyChecksum = BinaryPrimitives.ReadUInt32LittleEndian(source[92..]),
            PreviousChecksum = BinaryPrimitives.ReadUInt32LittleEndian(source[96..]),
            VoidedBatch = BinaryPrimitives.ReadUInt64LittleEndian(source[104..]),
            Checksum = checksum,
        };
        return header is { RecordCount: >= 0, RecordsBytes: >= 0 };
    }

    /// <returns>The header's checksum.</returns>
    public uint Write(Span<byte> destination)
    {
        destination[..LogFormat.BatchHeaderBytes].Clear();
        Magic.CopyTo(destination);
        destination[8] = (byte)Kind;
        destination[9] = Closed ? ClosedFlag : (byte)0;
        BinaryPrimitives.WriteInt32LittleEndian(destination[12..], RecordCount);
        Identity.Write(destination[16..]);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[56..], Number);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[64..], FirstLsn);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[72..], DurableLsn);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[80..], DurableBatch);
        BinaryPrimitives.WriteInt32LittleEndian(destination[88..], RecordsBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[92..], BodyChecksum);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[96..], PreviousChecksum);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[104..], VoidedBatch);
        var checksum = Crc32C.Of(destination[..ChecksumOffset]);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[ChecksumOffset..], checksum);
        return checksum;
    }
}
