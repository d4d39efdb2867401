using System.Buffers.Binary;
using CimStore.Content;
using CimStore.Disk.Large;
using CimStore.Disk.Log;
using CimStore.Locations;

namespace CimStore.Disk.Pool;

/// <summary>The first 4096 bytes of a shard's file: <c>docs/formats/pool.md</c>.</summary>
internal static class ShardHeader
{
    public const ushort Version = 1;

    private const int ChecksumOffset = LargeHeader.HeaderBytes - sizeof(uint);
    private const int CidOffset = 64;
    private const int DescriptionOffset = 512;

    private static ReadOnlySpan<byte> Magic => "CIMSSHRD"u8;

    public static void Write(Span<byte> header, ShardDescription shard)
    {
        header[..LargeHeader.HeaderBytes].Clear();
        Magic.CopyTo(header);
        BinaryPrimitives.WriteUInt16LittleEndian(header[8..], Version);
        BinaryPrimitives.WriteUInt16LittleEndian(
            header[10..], (ushort)shard.Manifest.Key.Cid.WriteBytes(header[CidOffset..]));
        BinaryPrimitives.WriteUInt16LittleEndian(header[12..], (ushort)shard.Write(header[DescriptionOffset..]));
        BinaryPrimitives.WriteUInt32LittleEndian(header[ChecksumOffset..], Crc32C.Of(header[..ChecksumOffset]));
    }

    /// <exception cref="IntegrityException">Damaged, or of a version that is not known here.</exception>
    public static ShardDescription Read(ReadOnlySpan<byte> header)
    {
        if (header.Length < LargeHeader.HeaderBytes || !header.StartsWith(Magic)
            || BinaryPrimitives.ReadUInt32LittleEndian(header[ChecksumOffset..]) != Crc32C.Of(header[..ChecksumOffset]))
        {
            throw new IntegrityException("The header of a shard's file is damaged.");
        }

        var version = BinaryPrimitives.ReadUInt16LittleEndian(header[8..]);
        var size = BinaryPrimitives.ReadUInt16LittleEndian(header[12..]);
        if (version != Version || size > ShardDescription.SizeBytesMax
            || !Cid.TryReadBytes(header[CidOffset..DescriptionOffset], out var cid, out _))
        {
            throw new IntegrityException(
                $"A shard's file has version {version}; this program reads version {Version}.");
        }

        return ShardDescription.Read(cid, header.Slice(DescriptionOffset, size));
    }
}
