using CimStore.Content;
using CimStore.Disk.Catalog;
using CimStore.Disk.Log;
using CimStore.Locations;

namespace CimStore.Disk.Pool;

/// <summary>One record on its way into a shard log.</summary>
internal sealed class ShardWrite : LogWrite
{
    private readonly ushort _type;
    private readonly byte[] _key;
    private readonly byte[] _meta;
    private readonly ReadOnlyMemory<byte> _payload;

    private ShardWrite(ushort type, in Cid cid, ReadOnlySpan<byte> meta, ReadOnlyMemory<byte> payload)
    {
        Span<byte> key = stackalloc byte[Cid.ByteLengthMax];
        (_type, _key, _meta, _payload) = (type, key[..cid.WriteBytes(key)].ToArray(), meta.ToArray(), payload);
    }

    public override LogWriteSize Size => new(1, _key.Length + _meta.Length + (long)_payload.Length);

    /// <param name="payload">Not touched by the caller before the commit ends.</param>
    public static ShardWrite Shard(ShardDescription shard, ReadOnlyMemory<byte> payload)
    {
        Span<byte> meta = stackalloc byte[ShardDescription.SizeBytesMax];
        return new ShardWrite(
            ShardRecords.Shard, shard.Manifest.Key.Cid, meta[..shard.Write(meta)], payload);
    }

    public static ShardWrite Release(ContentKey key, ulong incarnation)
    {
        Span<byte> meta = stackalloc byte[32];
        var writer = new PackedWriter(meta);
        writer.Varint(key.Domain.Tag);
        writer.BigEndian(incarnation);
        return new ShardWrite(ShardRecords.Release, key.Cid, writer.Written, default);
    }

    /// <summary>What a release record gives up.</summary>
    public static (ContentKey Key, ulong Incarnation) ReadRelease(in LogRecord record)
    {
        if (!Cid.TryReadBytes(record.Key.Span, out var cid, out _))
        {
            throw PackedReader.Damaged();
        }

        var reader = new PackedReader(record.Meta.Span);
        var domain = new DedupDomain(reader.Varint());
        return (new ContentKey(domain, cid), reader.BigEndian());
    }

    public override void Write(BatchBuilder batch) => batch.Append(_type, 0, _key, _meta, _payload.Span);
}
