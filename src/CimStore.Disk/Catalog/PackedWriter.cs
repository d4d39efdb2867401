using System.Buffers.Binary;
using System.Text;
using CimStore.Content;

namespace CimStore.Disk.Catalog;

/// <summary>
/// Writes the compact values of the index: varints, length-prefixed text. The room is the caller's to know.
/// </summary>
internal ref struct PackedWriter(Span<byte> destination)
{
    private readonly Span<byte> _destination = destination;

    public int Length { get; private set; }

    public readonly ReadOnlySpan<byte> Written => _destination[..Length];

    public void Byte(byte value) => _destination[Length++] = value;

    /// <summary>Seven bits a byte, the lowest first; the top bit says that more follow.</summary>
    public void Varint(ulong value)
    {
        while (value >= 0x80)
        {
            _destination[Length++] = (byte)(value | 0x80);
            value >>= 7;
        }

        _destination[Length++] = (byte)value;
    }

    /// <summary>Small negative numbers stay small: 0, -1, 1, -2, 2 are written as 0, 1, 2, 3, 4.</summary>
    public void Signed(long value) => Varint(((ulong)value << 1) ^ (ulong)(value >> 63));

    public void BigEndian(ulong value)
    {
        BinaryPrimitives.WriteUInt64BigEndian(_destination[Length..], value);
        Length += sizeof(ulong);
    }

    public void Text(string text)
    {
        var size = Encoding.UTF8.GetByteCount(text);
        Varint((ulong)size);
        Length += Encoding.UTF8.GetBytes(text, _destination[Length..]);
    }

    public void Bytes(scoped ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_destination[Length..]);
        Length += bytes.Length;
    }

    public void Sized(scoped ReadOnlySpan<byte> bytes)
    {
        Varint((ulong)bytes.Length);
        Bytes(bytes);
    }

    public void Cid(scoped in Cid cid) => Length += cid.WriteBytes(_destination[Length..]);
}
