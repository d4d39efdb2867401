using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace CimStore.Content;

/// <summary>
/// Writes DAG-CBOR forward without allocation. Sizes and floats are canonical by construction; the caller writes as
/// many values as it announced, and map keys in order (shorter first, then bytewise). <see cref="DagCbor.Validate"/>
/// checks both, in the test of whoever writes.
/// </summary>
[StructLayout(LayoutKind.Auto)]
public readonly struct DagCborWriter(IBufferWriter<byte> output)
{
    private const int HeadSizeMax = 9;
    private const int LinkHeadSizeMax = 2 + HeadSizeMax + 1;

    public void WriteNull() => WriteByte(0xf6);

    public void WriteBool(bool value) => WriteByte(value ? (byte)0xf5 : (byte)0xf4);

    public void WriteInt(long value)
    {
        if (value < 0)
        {
            WriteHead(1, (ulong)~value);
        }
        else
        {
            WriteHead(0, (ulong)value);
        }
    }

    public void WriteUInt(ulong value) => WriteHead(0, value);

    public void WriteInteger(Int128 value)
    {
        if (value < IpldNode.Integer.ValueMin || value > IpldNode.Integer.ValueMax)
        {
            throw new ArgumentOutOfRangeException(nameof(value), value, "An integer has a sign and 64 bits.");
        }

        WriteHead(value < 0 ? 1 : 0, (ulong)(value < 0 ? ~value : value));
    }

    public void WriteFloat(double value)
    {
        if (!double.IsFinite(value))
        {
            throw new ArgumentOutOfRangeException(nameof(value), value, "The data model has no NaN or infinity.");
        }

        var span = output.GetSpan(9);
        span[0] = 0xfb;
        BinaryPrimitives.WriteDoubleBigEndian(span[1..], value);
        output.Advance(9);
    }

    /// <exception cref="ArgumentException">The text has half of a surrogate pair, which UTF-8 cannot say.</exception>
    public void WriteString(ReadOnlySpan<char> value)
    {
        var size = StrictUtf8.GetByteCount(value);
        WriteHead(3, (ulong)size);
        StrictUtf8.GetBytes(value, output.GetSpan(Math.Max(1, size)));
        output.Advance(size);
    }

    /// <summary>Writes a string, or a map key, whose bytes are UTF-8 already, such as <c>"seq"u8</c>.</summary>
    public void WriteString(ReadOnlySpan<byte> utf8)
    {
        WriteHead(3, (ulong)utf8.Length);
        output.Write(utf8);
    }

    public void WriteBytes(ReadOnlySpan<byte> value)
    {
        WriteHead(2, (ulong)value.Length);
        output.Write(value);
    }

    public void WriteBytes(in ReadOnlySequence<byte> value)
    {
        WriteHead(2, (ulong)value.Length);
        foreach (var part in value)
        {
            output.Write(part.Span);
        }
    }

    public void WriteLink(in Cid cid)
    {
        var size = cid.ByteLength;
        var span = output.GetSpan(LinkHeadSizeMax + size);
        span[0] = 0xd8;
        span[1] = 42;
        var offset = 2 + PutHead(span[2..], 2, (ulong)size + 1);
        span[offset++] = 0;
        offset += cid.WriteBytes(span[offset..]);
        output.Advance(offset);
    }

    /// <summary>Announces a list; that many values follow.</summary>
    public void WriteListStart(int count) => WriteHead(4, (ulong)count);

    /// <summary>Announces a map; that many pairs of string key and value follow.</summary>
    public void WriteMapStart(int count) => WriteHead(5, (ulong)count);

    /// <summary>Takes over a value that is DAG-CBOR already.</summary>
    public void WriteEncoded(ReadOnlySpan<byte> value) => output.Write(value);

    internal static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    private static int PutHead(Span<byte> span, int major, ulong argument)
    {
        var type = (byte)(major << 5);
        switch (argument)
        {
            case < 24:
                span[0] = (byte)(type | (byte)argument);
                return 1;
            case <= byte.MaxValue:
                span[0] = (byte)(type | 24);
                span[1] = (byte)argument;
                return 2;
            case <= ushort.MaxValue:
                span[0] = (byte)(type | 25);
                BinaryPrimitives.WriteUInt16BigEndian(span[1..], (ushort)argument);
                return 3;
            case <= uint.MaxValue:
                span[0] = (byte)(type | 26);
                BinaryPrimitives.WriteUInt32BigEndian(span[1..], (uint)argument);
                return 5;
            default:
                span[0] = (byte)(type | 27);
                BinaryPrimitives.WriteUInt64BigEndian(span[1..], argument);
                return 9;
        }
    }

    private void WriteHead(int major, ulong argument) =>
        output.Advance(PutHead(output.GetSpan(HeadSizeMax), major, argument));

    private void WriteByte(byte value)
    {
        output.GetSpan(1)[0] = value;
        output.Advance(1);
    }
}
