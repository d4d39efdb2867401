using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace CimStore.Content;

/// <summary>The one canonical DAG-JSON text of a value: no white space, keys in byte order, fewest escapes.</summary>
internal readonly struct DagJsonWriter(IBufferWriter<byte> output)
{
    private const string Hex = "0123456789abcdef";

    public void Write(IpldNode node, int depth)
    {
        switch (node)
        {
            case IpldNode.Null:
                output.Write("null"u8);
                break;
            case IpldNode.Bool flag:
                output.Write(flag.Value ? "true"u8 : "false"u8);
                break;
            case IpldNode.Integer integer:
                WriteAscii(integer.Value.ToString(CultureInfo.InvariantCulture));
                break;
            case IpldNode.Float number:
                WriteAscii(DagJsonNumber.Format(number.Value));
                break;
            case IpldNode.String text:
                WriteString(text.Value);
                break;
            case IpldNode.Bytes bytes:
                WriteBytes(bytes.Value.Span);
                break;
            case IpldNode.Link link:
                output.Write("{\"/\":\""u8);
                WriteAscii(link.Cid.ToString());
                output.Write("\"}"u8);
                break;
            case var _ when depth == IpldNode.DepthMax:
                throw new ArgumentException($"Nested deeper than {IpldNode.DepthMax}.", nameof(node));
            case IpldNode.List list:
                WriteList(list, depth);
                break;
            case IpldNode.Map map:
                WriteMap(map, depth);
                break;
            default:
                throw new UnreachableException();
        }
    }

    private void WriteList(IpldNode.List list, int depth)
    {
        output.Write("["u8);
        for (var index = 0; index < list.Items.Length; index++)
        {
            output.Write(index == 0 ? ""u8 : ","u8);
            Write(list.Items[index], depth + 1);
        }

        output.Write("]"u8);
    }

    private void WriteMap(IpldNode.Map map, int depth)
    {
        var entries = map.Entries.Sort((left, right) => IpldKeyOrder.Bytewise.Compare(left.Key, right.Key));
        if (DagJson.IsReserved(entries.AsSpan()))
        {
            throw new ArgumentException("DAG-JSON cannot say this map: it reads as a link or bytes.", nameof(map));
        }

        output.Write("{"u8);
        for (var index = 0; index < entries.Length; index++)
        {
            output.Write(index == 0 ? ""u8 : ","u8);
            WriteString(entries[index].Key);
            output.Write(":"u8);
            Write(entries[index].Value, depth + 1);
        }

        output.Write("}"u8);
    }

    private void WriteBytes(ReadOnlySpan<byte> value)
    {
        output.Write("{\"/\":{\"bytes\":\""u8);
        var span = output.GetSpan(Math.Max(1, Base64.GetMaxEncodedToUtf8Length(value.Length)));
        Base64.EncodeToUtf8(value, span, out _, out var written);
        output.Advance(span[..written].TrimEnd((byte)'=').Length);
        output.Write("\"}}"u8);
    }

    private void WriteString(string value)
    {
        var size = DagCborWriter.StrictUtf8.GetByteCount(value);
        var rented = ArrayPool<byte>.Shared.Rent(size);
        try
        {
            DagCborWriter.StrictUtf8.GetBytes(value, rented);
            WriteEscaped(rented.AsSpan(0, size));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private void WriteEscaped(ReadOnlySpan<byte> utf8)
    {
        output.Write("\""u8);
        while (!utf8.IsEmpty)
        {
            var plain = 0;
            while (plain < utf8.Length && utf8[plain] is >= 0x20 and not (byte)'"' and not (byte)'\\')
            {
                plain++;
            }

            output.Write(utf8[..plain]);
            if (plain < utf8.Length)
            {
                WriteEscape(utf8[plain++]);
            }

            utf8 = utf8[plain..];
        }

        output.Write("\""u8);
    }

    private void WriteEscape(byte symbol)
    {
        var named = symbol switch
        {
            (byte)'"' => "\\\""u8,
            (byte)'\\' => "\\\\"u8,
            (byte)'\b' => "\\b"u8,
            (byte)'\f' => "\\f"u8,
            (byte)'\n' => "\\n"u8,
            (byte)'\r' => "\\r"u8,
            (byte)'\t' => "\\t"u8,
            _ => default,
        };
        if (named.IsEmpty)
        {
            output.Write([(byte)'\\', (byte)'u', (byte)'0', (byte)'0', (byte)Hex[symbol >> 4], (byte)Hex[symbol & 15]]);
        }
        else
        {
            output.Write(named);
        }
    }

    private void WriteAscii(string text) => Encoding.ASCII.GetBytes(text, output);
}
