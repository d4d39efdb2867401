using System.Buffers.Binary;
using System.Text;
using CimStore.Content;
using CimStore.Locations;

namespace CimStore.Disk.Catalog;

/// <summary>
/// Reads what <see cref="PackedWriter"/> wrote. Anything else is damage of the index, which can be rebuilt.
/// </summary>
internal ref struct PackedReader(ReadOnlySpan<byte> source)
{
    private ReadOnlySpan<byte> _rest = source;

    public readonly int Remaining => _rest.Length;

    public byte Byte() => Take(1)[0];

    public ulong Varint()
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var next = Byte();
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw Damaged();
    }

    public int Count(int max)
    {
        var count = Varint();
        return count <= (ulong)max ? (int)count : throw Damaged();
    }

    public long Signed()
    {
        var value = Varint();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    public ulong BigEndian() => BinaryPrimitives.ReadUInt64BigEndian(Take(sizeof(ulong)));

    public string Text() => Encoding.UTF8.GetString(Sized());

    public ReadOnlySpan<byte> Sized() => Take(Count(_rest.Length));

    public ReadOnlySpan<byte> Take(int count)
    {
        if (count > _rest.Length)
        {
            throw Damaged();
        }

        var taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }

    public Cid Cid()
    {
        if (!Content.Cid.TryReadBytes(_rest, out var cid, out var consumed))
        {
            throw Damaged();
        }

        _rest = _rest[consumed..];
        return cid;
    }

    public static IntegrityException Damaged() =>
        new("A value of the index is damaged. Nothing is lost: `cimstore rebuild` makes the index anew from the log.");
}
