using System.Buffers.Binary;
using System.Text;
using CimStore.Content;
using CimStore.Locations;

namespace CimStore.Journal;

/// <summary>Reads what <see cref="EntryWriter"/> writes: one form for each value, no key unasked for.</summary>
internal ref struct EntryReader(ReadOnlySpan<byte> source)
{
    private const int DepthMax = 8;

    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    private readonly ReadOnlySpan<byte> _source = source;
    private int _offset;

    public readonly int Offset => _offset;

    public int Map() => (int)Head(5, 64);

    public int Array() => (int)Head(4, 256);

    /// <summary>Takes the key when it is next; <paramref name="left"/> counts the pairs still to come.</summary>
    public bool TryKey(ReadOnlySpan<byte> ascii, ref int left)
    {
        if (left == 0)
        {
            return false;
        }

        var rest = _source[_offset..];
        if (rest.Length <= ascii.Length || rest[0] != (byte)(0x60 | ascii.Length) || !rest[1..].StartsWith(ascii))
        {
            return false;
        }

        _offset += ascii.Length + 1;
        left--;
        return true;
    }

    public void Key(ReadOnlySpan<byte> ascii, ref int left)
    {
        if (!TryKey(ascii, ref left))
        {
            throw Broken($"the key '{Encoding.ASCII.GetString(ascii)}' is missing or out of order");
        }
    }

    public readonly void End(int left)
    {
        if (left != 0)
        {
            throw Broken($"{left} unknown keys");
        }
    }

    public bool TryNull()
    {
        if (_offset < _source.Length && _source[_offset] == 0xF6)
        {
            _offset++;
            return true;
        }

        return false;
    }

    public bool Boolean() => One() switch
    {
        0xF5 => true,
        0xF4 => false,
        _ => throw Broken("not a boolean"),
    };

    public ulong Unsigned() => Head(0, ulong.MaxValue);

    public long Signed()
    {
        var major = _offset < _source.Length ? _source[_offset] >> 5 : 0;
        var value = (long)Head(major == 1 ? 1 : 0, long.MaxValue);
        return major == 1 ? ~value : value;
    }

    public DateTimeOffset Instant()
    {
        var ticks = Signed();
        var epoch = DateTimeOffset.UnixEpoch.Ticks;
        return ticks >= -epoch && ticks <= DateTimeOffset.MaxValue.Ticks - epoch
            ? new DateTimeOffset(epoch + ticks, TimeSpan.Zero)
            : throw Broken("an instant outside the calendar");
    }

    public ReadOnlySpan<byte> Bytes() => Take((int)Head(2, int.MaxValue));

    public ReadOnlySpan<byte> Bytes(int size)
    {
        var bytes = Bytes();
        return bytes.Length == size ? bytes : throw Broken($"{bytes.Length} bytes where {size} belong");
    }

    public Guid Id() => new(Bytes(16), bigEndian: true);

    public string Text()
    {
        try
        {
            return Strict.GetString(Take((int)Head(3, int.MaxValue)));
        }
        catch (DecoderFallbackException fault)
        {
            throw Broken("text that is not UTF-8", fault);
        }
    }

    public Cid Link()
    {
        if (One() != 0xD8 || One() != 0x2A)
        {
            throw Broken("not a link");
        }

        var bytes = Bytes();
        return bytes.Length > 1 && bytes[0] == 0 && Cid.TryReadBytes(bytes[1..], out var cid, out var size)
            && size == bytes.Length - 1
            ? cid
            : throw Broken("a link that is no CID");
    }

    public T Enumeration<T>(Func<ulong, T> convert)
        where T : struct, Enum
    {
        var value = convert(Unsigned());
        return Enum.IsDefined(value) ? value : throw Broken($"{value} is no {typeof(T).Name}");
    }

    /// <summary>Steps over one value; whoever reads it later judges what is in it.</summary>
    public void Skip(int depth = 0)
    {
        if (depth > DepthMax)
        {
            throw Broken("it is nested too deeply");
        }

        var first = One();
        var major = first >> 5;
        if (major == 7)
        {
            return;
        }

        _offset--;
        var value = Head(major, major is 0 or 1 ? ulong.MaxValue : int.MaxValue);
        switch (major)
        {
            case 2 or 3:
                Take((int)value);
                break;
            case 4 or 5 or 6:
                for (var count = major == 5 ? 2 * value : major == 6 ? 1 : value; count > 0; count--)
                {
                    Skip(depth + 1);
                }

                break;
        }
    }

    public readonly IntegrityException Broken(string what, Exception? inner = null) =>
        new($"The journal entry is not readable at byte {_offset}: {what}.", inner);

    private ulong Head(int major, ulong max)
    {
        var first = One();
        if (first >> 5 != major)
        {
            throw Broken($"a value of kind {first >> 5} where kind {major} belongs");
        }

        var small = first & 0x1F;
        if (small > 27)
        {
            throw Broken("an indefinite or reserved length");
        }

        var value = (ulong)small;
        if (small >= 24)
        {
            var size = 1 << (small - 24);
            Span<byte> wide = stackalloc byte[8];
            wide.Clear();
            Take(size).CopyTo(wide[(8 - size)..]);
            value = BinaryPrimitives.ReadUInt64BigEndian(wide);
            var least = size == 1 ? 24UL : 1UL << (4 * size);
            if (value < least)
            {
                throw Broken("a number that is not in its shortest form");
            }
        }

        return value <= max ? value : throw Broken($"{value} is more than {max}");
    }

    private byte One() => Take(1)[0];

    private ReadOnlySpan<byte> Take(int size)
    {
        if (size > _source.Length - _offset)
        {
            throw Broken("it is cut off");
        }

        _offset += size;
        return _source.Slice(_offset - size, size);
    }
}
