using System.Buffers.Binary;
using CimStore.Content;

namespace CimStore.Bench.Peers;

/// <summary>
/// What every contender commits for one put: the content, a catalog record and an event of realistic sizes.
/// </summary>
internal static class ThreeThings
{
    public const int KeySizeBytes = 36;

    public const int RecordSizeBytes = 184;

    public const int EventSizeBytes = 352;

    /// <summary>The binary CID v1, raw, BLAKE3: what our own store hashes and keys by.</summary>
    public static void WriteKey(ReadOnlySpan<byte> content, Span<byte> key)
    {
        key[0] = 0x01;
        key[1] = 0x55;
        key[2] = 0x1e;
        key[3] = 0x20;
        Blake3.Hash(content, key[4..KeySizeBytes]);
    }

    public static bool IsRight(ReadOnlySpan<byte> content, ReadOnlySpan<byte> key)
    {
        Span<byte> found = stackalloc byte[KeySizeBytes];
        WriteKey(content, found);
        return found.SequenceEqual(key);
    }

    public static void WriteRecord(Span<byte> record, ReadOnlySpan<byte> key, long sizeBytes, long lsn)
    {
        key.CopyTo(record);
        BinaryPrimitives.WriteInt64LittleEndian(record[40..], sizeBytes);
        BinaryPrimitives.WriteInt64LittleEndian(record[48..], lsn);
        key[4..].CopyTo(record[56..]);
        record[88..].Fill((byte)lsn);
    }

    public static void WriteEvent(Span<byte> entry, ReadOnlySpan<byte> key, long sizeBytes, long lsn)
    {
        key.CopyTo(entry);
        BinaryPrimitives.WriteInt64LittleEndian(entry[40..], sizeBytes);
        BinaryPrimitives.WriteInt64LittleEndian(entry[48..], lsn);
        key[4..].CopyTo(entry[56..]);
        key[4..].CopyTo(entry[88..]);
        entry[120..].Fill((byte)lsn);
    }
}
