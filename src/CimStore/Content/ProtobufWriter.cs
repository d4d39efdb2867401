using System.Buffers;
using System.Numerics;

namespace CimStore.Content;

/// <summary>What dag-pb and UnixFS use of Protocol Buffers, written canonically. Fields are below 16.</summary>
internal static class ProtobufWriter
{
    private const int VarintSizeMax = 10;

    public static void WriteVarintField(IBufferWriter<byte> output, int field, ulong value)
    {
        var span = output.GetSpan(1 + VarintSizeMax);
        span[0] = (byte)((field << 3) | ProtobufReader.WireVarint);
        output.Advance(1 + PutVarint(span[1..], value));
    }

    public static void WriteBytes(IBufferWriter<byte> output, int field, ReadOnlySpan<byte> value)
    {
        WriteBytesHead(output, field, value.Length);
        output.Write(value);
    }

    /// <summary>Announces bytes of the field; that many follow.</summary>
    public static void WriteBytesHead(IBufferWriter<byte> output, int field, int size)
    {
        var span = output.GetSpan(1 + VarintSizeMax);
        span[0] = (byte)((field << 3) | ProtobufReader.WireBytes);
        output.Advance(1 + PutVarint(span[1..], (ulong)size));
    }

    public static int BytesFieldSize(int size) => 1 + VarintSize((ulong)size) + size;

    public static int VarintSize(ulong value) => value == 0 ? 1 : (BitOperations.Log2(value) / 7) + 1;

    private static int PutVarint(Span<byte> span, ulong value)
    {
        var index = 0;
        for (; value >= 0x80; value >>= 7)
        {
            span[index++] = (byte)(value | 0x80);
        }

        span[index++] = (byte)value;
        return index;
    }
}
