using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using CimStore.Content;

namespace CimStore.Journal;

/// <summary>
/// The forward-only part of DAG-CBOR that entries need, straight into one growing buffer: a node writes tens of
/// thousands of entries a second. Keys must be given in canonical order; the reader refuses any other.
/// </summary>
internal sealed class EntryWriter
{
    private const int SizeFirst = 512;
    private const int HeadSizeMax = 9;

    private byte[] _buffer = new byte[SizeFirst];
    private int _length;

    public ReadOnlySpan<byte> Written => _buffer.AsSpan(0, _length);

    public void Clear() => _length = 0;

    public void Truncate(int length) => _length = length;

    public void Map(int count) => Head(5, (ulong)count);

    public void Array(int count) => Head(4, (ulong)count);

    public void Key(ReadOnlySpan<byte> ascii) => Utf8(ascii);

    public void Null() => One(0xF6);

    public void Boolean(bool value) => One(value ? (byte)0xF5 : (byte)0xF4);

    public void Unsigned(ulong value) => Head(0, value);

    public void Signed(long value)
    {
        if (value < 0)
        {
            Head(1, (ulong)~value);
        }
        else
        {
            Head(0, (ulong)value);
        }
    }

    public void Instant(DateTimeOffset at) => Signed(at.UtcTicks - DateTimeOffset.UnixEpoch.Ticks);

    public void Bytes(ReadOnlySpan<byte> bytes)
    {
        Head(2, (ulong)bytes.Length);
        bytes.CopyTo(Grow(bytes.Length));
    }

    public void Id(Guid id)
    {
        Head(2, 16);
        id.TryWriteBytes(Grow(16), bigEndian: true, out _);
    }

    public void Text(string text)
    {
        var size = Encoding.UTF8.GetByteCount(text);
        Head(3, (ulong)size);
        Encoding.UTF8.GetBytes(text, Grow(size));
    }

    public void Link(in Cid cid)
    {
        One(0xD8);
        One(0x2A);
        Head(2, (ulong)cid.ByteLength + 1);
        One(0);
        cid.WriteBytes(Grow(cid.ByteLength));
    }

    /// <summary>Writes what another writer wrote.</summary>
    public void Raw(ReadOnlySpan<byte> encoded) => encoded.CopyTo(Grow(encoded.Length));

    private void Utf8(ReadOnlySpan<byte> utf8)
    {
        Head(3, (ulong)utf8.Length);
        utf8.CopyTo(Grow(utf8.Length));
    }

    private void One(byte value) => Grow(1)[0] = value;

    private void Head(int major, ulong value)
    {
        var kind = (byte)(major << 5);
        if (value < 24)
        {
            One((byte)(kind | (byte)value));
            return;
        }

        var head = Grow(HeadSizeMax);
        var size = value <= byte.MaxValue ? 1 : value <= ushort.MaxValue ? 2 : value <= uint.MaxValue ? 4 : 8;
        head[0] = (byte)(kind | (24 + BitOperations.Log2((uint)size)));
        BinaryPrimitives.WriteUInt64BigEndian(head[1..], value << (64 - (8 * size)));
        _length -= HeadSizeMax - 1 - size;
    }

    private Span<byte> Grow(int size)
    {
        if (_buffer.Length - _length < size)
        {
            System.Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, _length + size));
        }

        _length += size;
        return _buffer.AsSpan(_length - size, size);
    }
}
