using System.Buffers.Binary;
using System.Text;
using CimStore.Content;
using CimStore.Disk.Log;
using CimStore.Locations;

namespace CimStore.Disk.Large;

/// <summary>The first 4096 bytes of a large file; <c>docs/formats/large-content.md</c> describes them.</summary>
/// <param name="SizeBytes">Of the content.</param>
/// <param name="TreeBytes">Of the tree file beside it; 0 when there is none.</param>
internal sealed record LargeHeader(
    Guid Id, ContentKey Key, long SizeBytes, CopyHeader Copy, DateTimeOffset Created, Cid Root, long TreeBytes)
{
    public const int HeaderBytes = 4096;
    public const ushort Version = 1;

    private const int ChecksumOffset = HeaderBytes - sizeof(uint);
    private const int CidOffset = 128;
    private const int RootOffset = 1024;
    private const int KeyIdOffset = 2048;
    private const int KeyIdBytesMax = 1024;

    private static ReadOnlySpan<byte> Magic => "CIMSBLOB"u8;

    public void Write(Span<byte> header)
    {
        header[..HeaderBytes].Clear();
        Magic.CopyTo(header);
        BinaryPrimitives.WriteUInt16LittleEndian(header[8..], Version);
        header[10] = Copy.Compression;
        header[11] = Copy.Encryption;
        Id.TryWriteBytes(header[16..], bigEndian: true, out _);
        BinaryPrimitives.WriteUInt64LittleEndian(header[32..], Key.Domain.Tag);
        BinaryPrimitives.WriteInt64LittleEndian(header[40..], SizeBytes);
        BinaryPrimitives.WriteInt64LittleEndian(header[48..], Created.UtcTicks - DateTimeOffset.UnixEpoch.Ticks);
        BinaryPrimitives.WriteInt64LittleEndian(header[56..], TreeBytes);
        BinaryPrimitives.WriteUInt16LittleEndian(header[64..], (ushort)Key.Cid.WriteBytes(header[CidOffset..]));
        BinaryPrimitives.WriteUInt16LittleEndian(header[66..], (ushort)Root.WriteBytes(header[RootOffset..]));
        BinaryPrimitives.WriteUInt16LittleEndian(header[68..], WriteKeyId(header));
        BinaryPrimitives.WriteUInt32LittleEndian(
            header[ChecksumOffset..], Crc32C.Of(header[..ChecksumOffset]));
    }

    /// <exception cref="IntegrityException">Damaged, or of a version that is not known here.</exception>
    public static LargeHeader Read(ReadOnlySpan<byte> header, string path)
    {
        if (header.Length < HeaderBytes || !header.StartsWith(Magic)
            || BinaryPrimitives.ReadUInt32LittleEndian(header[ChecksumOffset..]) != Crc32C.Of(header[..ChecksumOffset]))
        {
            throw new IntegrityException($"The header of {path} is damaged.");
        }

        var version = BinaryPrimitives.ReadUInt16LittleEndian(header[8..]);
        if (version != Version
            || !Cid.TryReadBytes(header[CidOffset..], out var cid, out _)
            || !Cid.TryReadBytes(header[RootOffset..], out var root, out _))
        {
            throw new IntegrityException($"{path} has version {version}; this program reads version {Version}.");
        }

        var keyIdSize = BinaryPrimitives.ReadUInt16LittleEndian(header[68..]);
        var keyId = keyIdSize == 0
            ? null
            : Encoding.UTF8.GetString(header.Slice(KeyIdOffset, Math.Min(keyIdSize, (ushort)KeyIdBytesMax)));
        return new LargeHeader(
            new Guid(header.Slice(16, 16), bigEndian: true),
            new ContentKey(new DedupDomain(BinaryPrimitives.ReadUInt64LittleEndian(header[32..])), cid),
            BinaryPrimitives.ReadInt64LittleEndian(header[40..]),
            new CopyHeader(header[10], header[11], keyId),
            new DateTimeOffset(
                DateTimeOffset.UnixEpoch.Ticks + BinaryPrimitives.ReadInt64LittleEndian(header[48..]), TimeSpan.Zero),
            root,
            BinaryPrimitives.ReadInt64LittleEndian(header[56..]));
    }

    private ushort WriteKeyId(Span<byte> header)
    {
        if (Copy.KeyId is null)
        {
            return 0;
        }

        var size = Encoding.UTF8.GetByteCount(Copy.KeyId);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, KeyIdBytesMax, nameof(Copy));
        return (ushort)Encoding.UTF8.GetBytes(Copy.KeyId, header[KeyIdOffset..]);
    }
}
