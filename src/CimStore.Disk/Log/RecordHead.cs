using System.Buffers.Binary;

namespace CimStore.Disk.Log;

/// <summary>The first 32 bytes of a record.</summary>
internal readonly record struct RecordHead(
    uint Checksum,
    ushort Type,
    byte Flags,
    byte KeyBytes,
    ulong Lsn,
    ushort MetaBytes,
    int PayloadBytes,
    uint PayloadChecksum)
{
    /// <summary>Head, key and meta: what the head's checksum covers, but for itself.</summary>
    public int FrontBytes => LogFormat.RecordHeadBytes + KeyBytes + MetaBytes;

    public long LengthBytes => FrontBytes + (long)PayloadBytes;

    public static RecordHead Read(ReadOnlySpan<byte> source) => new(
        BinaryPrimitives.ReadUInt32LittleEndian(source),
        BinaryPrimitives.ReadUInt16LittleEndian(source[4..]),
        source[6],
        source[7],
        BinaryPrimitives.ReadUInt64LittleEndian(source[8..]),
        BinaryPrimitives.ReadUInt16LittleEndian(source[16..]),
        BinaryPrimitives.ReadInt32LittleEndian(source[20..]),
        BinaryPrimitives.ReadUInt32LittleEndian(source[24..]));

    /// <summary>
    /// Writes the head but for its checksum, which needs key and meta in place: see <see cref="Seal"/>.
    /// </summary>
    public void Write(Span<byte> destination)
    {
        destination[..LogFormat.RecordHeadBytes].Clear();
        BinaryPrimitives.WriteUInt16LittleEndian(destination[4..], Type);
        destination[6] = Flags;
        destination[7] = KeyBytes;
        BinaryPrimitives.WriteUInt64LittleEndian(destination[8..], Lsn);
        BinaryPrimitives.WriteUInt16LittleEndian(destination[16..], MetaBytes);
        BinaryPrimitives.WriteInt32LittleEndian(destination[20..], PayloadBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[24..], PayloadChecksum);
    }

    /// <returns>The checksum, written into the front (head, key, meta).</returns>
    public static uint Seal(Span<byte> front)
    {
        var checksum = Crc32C.Of(front[sizeof(uint)..]);
        BinaryPrimitives.WriteUInt32LittleEndian(front, checksum);
        return checksum;
    }

    /// <returns>The head, when the record starting here fits into the bytes and its front is intact.</returns>
    public static bool TryRead(ReadOnlySpan<byte> record, out RecordHead head)
    {
        head = default;
        if (record.Length < LogFormat.RecordHeadBytes)
        {
            return false;
        }

        head = Read(record);
        return head.PayloadBytes >= 0
            && head.LengthBytes <= record.Length
            && head.Checksum == Crc32C.Of(record[sizeof(uint)..head.FrontBytes]);
    }
}
