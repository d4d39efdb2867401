using CimStore.Content;
using CimStore.Disk.Catalog;
using CimStore.Locations;

namespace CimStore.Disk.Pool;

/// <summary>What each shard says of itself and of the copy it is a part of: <c>docs/formats/pool.md</c>.</summary>
/// <param name="Index">Which of the k+m shards it is: data first, parity behind.</param>
/// <param name="LargeId">The file that holds its bytes; empty when they are in the log's record.</param>
/// <param name="TreeBytes">Of the BLAKE3 tree as a whole; 0 when the copy has none.</param>
internal sealed record ShardDescription(
    CopyManifest Manifest, DateTimeOffset Created, int DataShards, int ParityShards, int Index, int BlockBytes,
    Guid LargeId, long TreeBytes)
{
    public const byte Version = 1;
    public const int SizeBytesMax = 128 + Cid.ByteLengthMax + KeyIdBytesMax;
    public const int KeyIdBytesMax = 1024;

    private const byte HasRoot = 1;
    private const byte HasHeader = 2;
    private const byte IsInFile = 4;

    public bool IsLarge => LargeId != Guid.Empty;

    public int TotalShards => DataShards + ParityShards;

    /// <summary>Content in a record is one stripe, whatever its size.</summary>
    public StripeLayout Content => new(DataShards, IsLarge ? BlockBytes : WholeBlock, StoredBytes);

    public StripeLayout Tree => new(DataShards, BlockBytes, TreeBytes);

    /// <summary>What is cut into shards: the content, or what its header makes of it.</summary>
    public long StoredBytes => Manifest.StoredBytes ?? Manifest.SizeBytes;

    private int WholeBlock => Math.Max(1, (int)((StoredBytes + DataShards - 1) / DataShards));

    public int Write(Span<byte> destination)
    {
        var manifest = Manifest;
        var (hasRoot, hasHeader) = (!IsOwnRoot(manifest), manifest.Header != CopyHeader.Plain);
        var writer = new PackedWriter(destination);
        writer.Byte(Version);
        writer.Byte((byte)((hasRoot ? HasRoot : 0) | (hasHeader ? HasHeader : 0) | (IsLarge ? IsInFile : 0)));
        writer.Byte((byte)DataShards);
        writer.Byte((byte)ParityShards);
        writer.Byte((byte)Index);
        writer.Byte((byte)int.Log2(BlockBytes));
        writer.Varint(manifest.Key.Domain.Tag);
        writer.BigEndian(manifest.Incarnation);
        writer.Varint((ulong)manifest.SizeBytes);
        writer.Varint((ulong)Created.ToUnixTimeMilliseconds());
        if (hasRoot)
        {
            writer.Cid(manifest.Root);
        }

        if (hasHeader)
        {
            writer.Byte(manifest.Header.Compression);
            writer.Byte(manifest.Header.Encryption);
            writer.Text(manifest.Header.KeyId ?? "");
            writer.Varint((ulong)StoredBytes);
        }

        if (IsLarge)
        {
            Span<byte> id = stackalloc byte[16];
            LargeId.TryWriteBytes(id, bigEndian: true, out _);
            writer.Bytes(id);
            writer.Varint((ulong)TreeBytes);
        }

        return writer.Length;
    }

    /// <exception cref="IntegrityException">Not a description, or one of a version that is not known here.</exception>
    public static ShardDescription Read(in Cid cid, ReadOnlySpan<byte> source)
    {
        var reader = new PackedReader(source);
        if (reader.Byte() is not Version and var version)
        {
            throw new IntegrityException($"A shard of {cid} has version {version}; this program reads {Version}.");
        }

        var flags = reader.Byte();
        var (data, parity, index, block) = (reader.Byte(), reader.Byte(), reader.Byte(), reader.Byte());
        var domain = new DedupDomain(reader.Varint());
        var incarnation = reader.BigEndian();
        var size = (long)reader.Varint();
        var created = DateTimeOffset.FromUnixTimeMilliseconds((long)reader.Varint());
        var root = (flags & HasRoot) != 0 ? reader.Cid() : Cid.ForRaw(cid.Digest);
        var (header, stored) = (flags & HasHeader) != 0 ? ReadHeader(ref reader) : (CopyHeader.Plain, size);
        var isLarge = (flags & IsInFile) != 0;
        var large = isLarge ? new Guid(reader.Take(16), bigEndian: true) : Guid.Empty;
        var tree = isLarge ? (long)reader.Varint() : 0;
        if (data == 0 || index >= data + parity || block is < 12 or > 20 || size < 0 || tree < 0 || stored < 0)
        {
            throw new IntegrityException($"A shard of {cid} describes what cannot be.");
        }

        var manifest = new CopyManifest(new ContentKey(domain, cid), size, root)
        {
            Header = header,
            StoredBytes = stored == size ? null : stored,
            Incarnation = incarnation,
        };
        return new ShardDescription(manifest, created, data, parity, index, 1 << block, large, tree);
    }

    /// <summary>Whether both are shards of the same copy, cut in the same way.</summary>
    public bool IsSameCopy(ShardDescription other) =>
        this with { Index = 0, LargeId = Guid.Empty, Created = default }
        == other with { Index = 0, LargeId = Guid.Empty, Created = default }
        && IsLarge == other.IsLarge;

    private static (CopyHeader Header, long StoredBytes) ReadHeader(ref PackedReader reader)
    {
        var (compression, encryption, keyId) = (reader.Byte(), reader.Byte(), reader.Text());
        return (
            new CopyHeader(compression, encryption, keyId.Length == 0 ? null : keyId), (long)reader.Varint());
    }

    private static bool IsOwnRoot(CopyManifest manifest) =>
        manifest.Key.Cid.HashFunction == HashFunctions.Blake3
        && manifest.Key.Cid.Digest.Length == Blake3.HashSizeBytes
        && manifest.Root == Cid.ForRaw(manifest.Key.Cid.Digest);
}
