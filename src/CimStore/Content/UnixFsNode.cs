using System.Collections.Immutable;

namespace CimStore.Content;

/// <summary>A UnixFS node as one block shows it.</summary>
/// <param name="Cid">The block.</param>
/// <param name="Kind">What it is.</param>
/// <param name="SizeBytes">Length of the file, or of a symbolic link's target; 0 for directories.</param>
/// <param name="Data">The part of the content that is in the block itself.</param>
/// <param name="Links">Parts of the file, or entries of the directory.</param>
/// <param name="PartSizesBytes">Length of the content under each link of a file.</param>
/// <param name="Fanout">Slots of a directory shard; 0 for all other kinds.</param>
public sealed record UnixFsNode(
    Cid Cid,
    UnixFsKind Kind,
    long SizeBytes,
    ReadOnlyMemory<byte> Data,
    ImmutableArray<DagPbLink> Links,
    ImmutableArray<long> PartSizesBytes,
    long Fanout)
{
    private const string Format = "UnixFS";

    public bool IsFile => Kind is UnixFsKind.File or UnixFsKind.Raw;

    public bool IsDirectory => Kind is UnixFsKind.Directory or UnixFsKind.HamtShard;

    /// <exception cref="ContentFormatException">The block is not UnixFS.</exception>
    public static UnixFsNode Decode(in Cid cid, ReadOnlyMemory<byte> block)
    {
        if (cid.Codec == Codecs.Raw)
        {
            return new UnixFsNode(cid, UnixFsKind.Raw, block.Length, block, [], [], 0);
        }

        if (cid.Codec != Codecs.DagPb)
        {
            throw new ContentFormatException(
                Format, 0, $"{cid} is {Codecs.Name(cid.Codec)}, and UnixFS is raw or dag-pb");
        }

        var node = DagPb.Decode(block.Span);
        return node.Data is { } data
            ? Parse(cid, node.Links, data)
            : throw new ContentFormatException(Format, 0, $"{cid} is dag-pb without data, hence not UnixFS");
    }

    /// <summary>The data of a file node, as go-unixfs writes it.</summary>
    internal static void WriteFileData(
        System.Buffers.IBufferWriter<byte> output, ulong sizeBytes, ReadOnlySpan<ulong> partSizes)
    {
        ProtobufWriter.WriteVarintField(output, 1, (ulong)UnixFsKind.File);
        ProtobufWriter.WriteVarintField(output, 3, sizeBytes);
        foreach (var size in partSizes)
        {
            ProtobufWriter.WriteVarintField(output, 4, size);
        }
    }

    private static UnixFsNode Parse(Cid cid, ImmutableArray<DagPbLink> links, ReadOnlyMemory<byte> source)
    {
        var reader = new ProtobufReader(source.Span, Format);
        var (kind, size, fanout) = ((ulong?)null, (ulong?)null, 0UL);
        ReadOnlyMemory<byte> data = default;
        var parts = ImmutableArray.CreateBuilder<long>();
        while (reader.ReadField(out var field, out var wireType))
        {
            switch (field, wireType)
            {
                case (1, ProtobufReader.WireVarint):
                    kind = reader.ReadVarint();
                    break;
                case (2, ProtobufReader.WireBytes):
                    var start = reader.PayloadStart;
                    data = source.Slice(start, reader.ReadBytes().Length);
                    break;
                case (3, ProtobufReader.WireVarint):
                    size = reader.ReadVarint();
                    break;
                case (4, ProtobufReader.WireVarint):
                    parts.Add(ReadSize(ref reader));
                    break;
                case (6, ProtobufReader.WireVarint):
                    fanout = reader.ReadVarint();
                    break;
                default:
                    // Mode and modification time, the hash of shards, and whatever a later version adds.
                    reader.Skip(wireType);
                    break;
            }
        }

        if (kind is null or > (ulong)UnixFsKind.HamtShard or (ulong)UnixFsKind.Metadata)
        {
            throw reader.Fail($"{cid} is of kind {kind?.ToString() ?? "unknown"}, which is not read");
        }

        return Check(
            new UnixFsNode(cid, (UnixFsKind)kind, 0, data, links, parts.DrainToImmutable(), (long)fanout), size);
    }

    private static long ReadSize(ref ProtobufReader reader)
    {
        var size = reader.ReadVarint();
        return size <= long.MaxValue ? (long)size : throw reader.Fail("the size of a part exceeds 63 bits");
    }

    /// <summary>The sizes must agree with each other before anything is promised by them.</summary>
    private static UnixFsNode Check(UnixFsNode node, ulong? announced)
    {
        if (!node.IsFile)
        {
            return node.Kind == UnixFsKind.HamtShard && node.Fanout is < 8 or > 1024
                ? throw new ContentFormatException(Format, 0, $"{node.Cid} is a directory shard of {node.Fanout} slots")
                : node with { SizeBytes = node.Kind == UnixFsKind.SymbolicLink ? node.Data.Length : 0 };
        }

        if (node.PartSizesBytes.Length != node.Links.Length)
        {
            throw new ContentFormatException(
                Format, 0, $"{node.Cid} has {node.Links.Length} parts and sizes for {node.PartSizesBytes.Length}");
        }

        var sum = (Int128)node.Data.Length;
        foreach (var part in node.PartSizesBytes)
        {
            sum += part;
        }

        if (sum > long.MaxValue || (announced is { } size && size != (ulong)sum))
        {
            throw new ContentFormatException(Format, 0, $"{node.Cid} has {sum} bytes and announces {announced}");
        }

        return node with { SizeBytes = (long)sum };
    }
}
