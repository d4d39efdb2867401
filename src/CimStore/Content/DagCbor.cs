using System.Buffers;
using System.Collections.Immutable;
using System.Diagnostics;
using System.Text;

namespace CimStore.Content;

/// <summary>DAG-CBOR (0x71) as <see cref="IpldNode"/>.</summary>
public static class DagCbor
{
    /// <exception cref="ContentFormatException">The bytes are not one strict DAG-CBOR value.</exception>
    public static IpldNode Decode(ReadOnlySpan<byte> source)
    {
        var reader = new DagCborReader(source);
        var node = Read(ref reader, depth: 0);
        reader.End();
        return node;
    }

    /// <summary>Checks every rule without building anything.</summary>
    /// <exception cref="ContentFormatException">The bytes are not one strict DAG-CBOR value.</exception>
    public static void Validate(ReadOnlySpan<byte> source)
    {
        var reader = new DagCborReader(source);
        reader.Skip();
        reader.End();
    }

    /// <exception cref="ArgumentException">Deeper than <see cref="IpldNode.DepthMax"/>, or not Unicode.</exception>
    public static void Encode(IpldNode node, IBufferWriter<byte> output) => Write(node, new DagCborWriter(output), 0);

    private static IpldNode Read(ref DagCborReader reader, int depth)
    {
        switch (reader.PeekKind())
        {
            case IpldKind.Null:
                reader.TryReadNull();
                return IpldNode.Null.Instance;
            case IpldKind.Bool:
                return new IpldNode.Bool(reader.ReadBool());
            case IpldKind.Integer:
                return new IpldNode.Integer(reader.ReadInteger());
            case IpldKind.Float:
                return new IpldNode.Float(reader.ReadFloat());
            case IpldKind.String:
                return new IpldNode.String(reader.ReadString());
            case IpldKind.Bytes:
                return new IpldNode.Bytes(reader.ReadBytes().ToArray());
            case IpldKind.Link:
                return new IpldNode.Link(reader.ReadLink());
            case var _ when depth == IpldNode.DepthMax:
                throw reader.Fail($"nested deeper than {IpldNode.DepthMax}");
            case IpldKind.List:
                return ReadList(ref reader, depth);
            case IpldKind.Map:
                return ReadMap(ref reader, depth);
            default:
                throw new UnreachableException();
        }
    }

    /// <summary>
    /// The announced count is not allocated ahead: lists within lists could each announce all the bytes that are left.
    /// </summary>
    private static IpldNode.List ReadList(ref DagCborReader reader, int depth)
    {
        var items = ImmutableArray.CreateBuilder<IpldNode>();
        for (var remaining = reader.ReadListStart(); remaining > 0; remaining--)
        {
            items.Add(Read(ref reader, depth + 1));
        }

        return new IpldNode.List(items.DrainToImmutable());
    }

    private static IpldNode.Map ReadMap(ref DagCborReader reader, int depth)
    {
        var entries = ImmutableArray.CreateBuilder<KeyValuePair<string, IpldNode>>();
        var map = reader.ReadMapStart();
        while (reader.ReadKey(ref map, out var key))
        {
            var name = Encoding.UTF8.GetString(key);
            entries.Add(new(name, Read(ref reader, depth + 1)));
        }

        return new IpldNode.Map(entries.DrainToImmutable(), isSorted: true);
    }

    private static void Write(IpldNode node, DagCborWriter writer, int depth)
    {
        switch (node)
        {
            case IpldNode.Null:
                writer.WriteNull();
                break;
            case IpldNode.Bool flag:
                writer.WriteBool(flag.Value);
                break;
            case IpldNode.Integer integer:
                writer.WriteInteger(integer.Value);
                break;
            case IpldNode.Float number:
                writer.WriteFloat(number.Value);
                break;
            case IpldNode.String text:
                writer.WriteString(text.Value);
                break;
            case IpldNode.Bytes bytes:
                writer.WriteBytes(bytes.Value.Span);
                break;
            case IpldNode.Link link:
                writer.WriteLink(link.Cid);
                break;
            case var _ when depth == IpldNode.DepthMax:
                throw new ArgumentException($"Nested deeper than {IpldNode.DepthMax}.", nameof(node));
            case IpldNode.List list:
                WriteList(list, writer, depth);
                break;
            case IpldNode.Map map:
                WriteMap(map, writer, depth);
                break;
            default:
                throw new UnreachableException();
        }
    }

    private static void WriteList(IpldNode.List list, DagCborWriter writer, int depth)
    {
        writer.WriteListStart(list.Items.Length);
        foreach (var item in list.Items)
        {
            Write(item, writer, depth + 1);
        }
    }

    private static void WriteMap(IpldNode.Map map, DagCborWriter writer, int depth)
    {
        writer.WriteMapStart(map.Entries.Length);
        foreach (var (key, value) in map.Entries)
        {
            writer.WriteString(key);
            Write(value, writer, depth + 1);
        }
    }
}
