using System.Buffers.Binary;
using CimStore.Content;
using CimStore.Disk.Catalog;
using CimStore.Locations;

namespace CimStore.Disk.Pool;

/// <summary>The keys of a pool's index; <c>docs/formats/pool.md</c> lists them.</summary>
internal static class ShardKeys
{
    public const byte Shard = (byte)'c';
    public const byte File = (byte)'f';
    public const byte Segment = (byte)'g';
    public const byte Progress = (byte)'p';

    public const int SizeBytesMax = 32 + Cid.ByteLengthMax;

    private const int IncarnationBytes = sizeof(ulong);
    private const int SlotBytes = sizeof(ushort);

    /// <summary>All shards of one copy begin with it.</summary>
    public static int WriteCopy(Span<byte> key, in ContentKey content, ulong incarnation)
    {
        var length = WriteContent(key, content);
        BinaryPrimitives.WriteUInt64BigEndian(key[length..], incarnation);
        return length + IncarnationBytes;
    }

    public static int WriteContent(Span<byte> key, in ContentKey content)
    {
        var writer = new PackedWriter(key);
        writer.Byte(Shard);
        writer.BigEndian(content.Domain.Tag);
        return writer.Length + content.Cid.WriteOrderedKey(key[writer.Length..]);
    }

    public static int WriteShard(Span<byte> key, in ContentKey content, ulong incarnation, int slot)
    {
        var length = WriteCopy(key, content, incarnation);
        BinaryPrimitives.WriteUInt16BigEndian(key[length..], (ushort)slot);
        return length + SlotBytes;
    }

    public static (ContentKey Content, ulong Incarnation, int Slot) ReadShard(ReadOnlySpan<byte> key)
    {
        var domain = new DedupDomain(BinaryPrimitives.ReadUInt64BigEndian(key[1..]));
        var rest = key[(1 + sizeof(ulong))..];
        if (!Cid.TryReadOrderedKey(rest, out var cid, out var consumed)
            || rest.Length != consumed + IncarnationBytes + SlotBytes)
        {
            throw PackedReader.Damaged();
        }

        return (
            new ContentKey(domain, cid),
            BinaryPrimitives.ReadUInt64BigEndian(rest[consumed..]),
            BinaryPrimitives.ReadUInt16BigEndian(rest[(consumed + IncarnationBytes)..]));
    }

    public static int WriteProgress(Span<byte> key, int slot)
    {
        key[0] = Progress;
        BinaryPrimitives.WriteUInt16BigEndian(key[1..], (ushort)slot);
        return 1 + SlotBytes;
    }

    public static int WriteFile(Span<byte> key, int slot, Guid file)
    {
        key[0] = File;
        BinaryPrimitives.WriteUInt16BigEndian(key[1..], (ushort)slot);
        file.TryWriteBytes(key[(1 + SlotBytes)..], bigEndian: true, out var written);
        return 1 + SlotBytes + written;
    }

    public static int WriteSegment(Span<byte> key, int slot, ulong segment)
    {
        key[0] = Segment;
        BinaryPrimitives.WriteUInt16BigEndian(key[1..], (ushort)slot);
        BinaryPrimitives.WriteUInt64BigEndian(key[(1 + SlotBytes)..], segment);
        return 1 + SlotBytes + sizeof(ulong);
    }
}
