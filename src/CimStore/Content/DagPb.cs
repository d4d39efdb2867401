using System.Buffers;
using System.Collections.Immutable;
using System.Text;

namespace CimStore.Content;

/// <summary>
/// DAG-PB (0x70), the node format of UnixFS. Links are written before data and sorted by name. When reading, data may
/// come first and links may be unsorted, since published blocks have both; a second data, data between links, unknown
/// or repeated fields and a link without a CID are refused.
/// </summary>
public static class DagPb
{
    private const int FieldData = 1;
    private const int FieldLinks = 2;

    /// <exception cref="ContentFormatException">The bytes are not DAG-PB.</exception>
    public static DagPbNode Decode(ReadOnlySpan<byte> source)
    {
        var reader = new ProtobufReader(source, "dag-pb");
        var links = ImmutableArray.CreateBuilder<DagPbLink>();
        ReadOnlyMemory<byte>? data = null;
        var linksEnded = false;
        while (reader.ReadField(out var field, out var wireType))
        {
            if (wireType != ProtobufReader.WireBytes || field is not (FieldData or FieldLinks))
            {
                throw reader.Fail($"field {field} of type {wireType} is not part of a node");
            }

            if (field == FieldLinks)
            {
                if (linksEnded)
                {
                    throw reader.Fail("the links come in two sections");
                }

                var start = reader.PayloadStart;
                links.Add(DecodeLink(reader.ReadBytes(), start));
                continue;
            }

            if (data is not null)
            {
                throw reader.Fail("the data comes twice");
            }

            linksEnded = links.Count > 0;
            data = reader.ReadBytes().ToArray();
        }

        return new DagPbNode(links.DrainToImmutable(), data);
    }

    /// <exception cref="ArgumentException">The links are not sorted by the bytes of their names.</exception>
    public static void Encode(DagPbNode node, IBufferWriter<byte> output) =>
        Encode(node.Links.AsSpan(), node.Data.HasValue, node.Data.GetValueOrDefault().Span, output);

    /// <summary>The map form of the data model: <c>{Data: bytes?, Links: [{Hash, Name?, Tsize?}]}</c>.</summary>
    public static IpldNode ToIpld(DagPbNode node)
    {
        var links = node.Links.Select(link =>
        {
            var entries = new List<KeyValuePair<string, IpldNode>> { new("Hash", new IpldNode.Link(link.Hash)) };
            if (link.Name is not null)
            {
                entries.Add(new("Name", new IpldNode.String(link.Name)));
            }

            if (link.Tsize is { } size)
            {
                entries.Add(new("Tsize", new IpldNode.Integer(size)));
            }

            return (IpldNode)new IpldNode.Map(entries);
        });
        var map = new List<KeyValuePair<string, IpldNode>> { new("Links", new IpldNode.List([.. links])) };
        if (node.Data is { } data)
        {
            map.Add(new("Data", new IpldNode.Bytes(data)));
        }

        return new IpldNode.Map(map);
    }

    /// <exception cref="ArgumentException">The value has another shape than the map form.</exception>
    public static DagPbNode FromIpld(IpldNode node)
    {
        if (node is not IpldNode.Map map || map.Entries.Any(entry => entry.Key is not ("Data" or "Links")))
        {
            throw new ArgumentException("A dag-pb node is a map of Links and perhaps Data.", nameof(node));
        }

        if (map["Data"] is not (null or IpldNode.Bytes))
        {
            throw new ArgumentException("The Data of a dag-pb node is bytes.", nameof(node));
        }

        return map["Links"] is IpldNode.List list
            ? new DagPbNode([.. list.Items.Select(LinkFromIpld)], (map["Data"] as IpldNode.Bytes)?.Value)
            : throw new ArgumentException("The Links of a dag-pb node are a list.", nameof(node));
    }

    internal static void Encode(
        ReadOnlySpan<DagPbLink> links, bool hasData, ReadOnlySpan<byte> data, IBufferWriter<byte> output)
    {
        for (var index = 0; index < links.Length; index++)
        {
            if (index > 0 && IpldKeyOrder.Bytewise.Compare(links[index - 1].Name ?? "", links[index].Name ?? "") > 0)
            {
                throw new ArgumentException("The links of a dag-pb node are sorted by name.", nameof(links));
            }

            EncodeLink(in links[index], output);
        }

        if (hasData)
        {
            ProtobufWriter.WriteBytes(output, FieldData, data);
        }
    }

    private static void EncodeLink(in DagPbLink link, IBufferWriter<byte> output)
    {
        var hashSize = link.Hash.ByteLength;
        var nameSize = link.Name is null ? 0 : DagCborWriter.StrictUtf8.GetByteCount(link.Name);
        var size = ProtobufWriter.BytesFieldSize(hashSize)
            + (link.Name is null ? 0 : ProtobufWriter.BytesFieldSize(nameSize))
            + (link.Tsize is { } tsize ? 1 + ProtobufWriter.VarintSize(tsize) : 0);
        ProtobufWriter.WriteBytesHead(output, FieldLinks, size);
        ProtobufWriter.WriteBytesHead(output, 1, hashSize);
        link.Hash.WriteBytes(output.GetSpan(hashSize));
        output.Advance(hashSize);
        if (link.Name is not null)
        {
            ProtobufWriter.WriteBytesHead(output, 2, nameSize);
            DagCborWriter.StrictUtf8.GetBytes(link.Name, output);
        }

        if (link.Tsize is { } total)
        {
            ProtobufWriter.WriteVarintField(output, 3, total);
        }
    }

    private static DagPbLink DecodeLink(ReadOnlySpan<byte> source, int offset)
    {
        var reader = new ProtobufReader(source, "dag-pb", offset);
        Cid? hash = null;
        string? name = null;
        ulong? tsize = null;
        var last = 0;
        while (reader.ReadField(out var field, out var wireType))
        {
            if (field <= last)
            {
                throw reader.Fail($"field {field} of a link is repeated or out of order");
            }

            last = field;
            switch (field, wireType)
            {
                case (1, ProtobufReader.WireBytes):
                    hash = ReadHash(ref reader);
                    break;
                case (2, ProtobufReader.WireBytes):
                    name = ReadName(ref reader);
                    break;
                case (3, ProtobufReader.WireVarint):
                    tsize = reader.ReadVarint();
                    break;
                default:
                    throw reader.Fail($"field {field} of type {wireType} is not part of a link");
            }
        }

        return hash is { } cid ? new DagPbLink(cid, name, tsize) : throw reader.Fail("the link has no CID");
    }

    private static Cid ReadHash(ref ProtobufReader reader)
    {
        var bytes = reader.ReadBytes();
        if (!Cid.TryReadBytes(bytes, out var cid, out var consumed, out var reason))
        {
            throw reader.Fail($"the link is not a CID: {reason}");
        }

        return consumed == bytes.Length ? cid : throw reader.Fail("bytes follow the CID of the link");
    }

    private static string ReadName(ref ProtobufReader reader)
    {
        try
        {
            return DagCborWriter.StrictUtf8.GetString(reader.ReadBytes());
        }
        catch (DecoderFallbackException)
        {
            throw reader.Fail("the name of the link is not UTF-8");
        }
    }

    private static DagPbLink LinkFromIpld(IpldNode node)
    {
        if (node is not IpldNode.Map map || map.Entries.Any(entry => entry.Key is not ("Hash" or "Name" or "Tsize")))
        {
            throw new ArgumentException("A dag-pb link is a map of Hash and perhaps Name and Tsize.", nameof(node));
        }

        if (map["Hash"] is not IpldNode.Link hash)
        {
            throw new ArgumentException("The Hash of a dag-pb link is a link.", nameof(node));
        }

        if (map["Name"] is not (null or IpldNode.String))
        {
            throw new ArgumentException("The Name of a dag-pb link is a string.", nameof(node));
        }

        var tsize = map["Tsize"];
        if (tsize is not (null or IpldNode.Integer) || (tsize is IpldNode.Integer { Value: var value } && value < 0))
        {
            throw new ArgumentException("The Tsize of a dag-pb link is an integer from 0.", nameof(node));
        }

        var size = tsize is IpldNode.Integer total ? (ulong?)total.Value : null;
        return new DagPbLink(hash.Cid, (map["Name"] as IpldNode.String)?.Value, size);
    }
}
