using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;

namespace CimStore.Content;

/// <summary>
/// Reads strict DAG-CBOR forward, without allocation: shortest integers and lengths, 64-bit floats only, no NaN or
/// infinity, no indefinite length, string keys in order and once, tag 42 with its zero byte and no other tag. Each
/// method throws <see cref="ContentFormatException"/> at the first byte that breaks a rule.
/// </summary>
public ref struct DagCborReader(ReadOnlySpan<byte> source)
{
    private const string Format = "dag-cbor";
    private const int MajorUnsigned = 0;
    private const int MajorNegative = 1;
    private const int MajorBytes = 2;
    private const int MajorString = 3;
    private const int MajorList = 4;
    private const int MajorMap = 5;
    private const int MajorTag = 6;
    private const byte False = 0xf4;
    private const byte True = 0xf5;
    private const byte Null = 0xf6;
    private const byte Float64 = 0xfb;
    private const ulong TagLink = 42;

    private readonly ReadOnlySpan<byte> _source = source;

    /// <summary>Offset of the next byte to read.</summary>
    public int Position { get; private set; }

    public readonly bool IsAtEnd => Position == _source.Length;

    /// <summary>The kind of the next value, judged by its first byte.</summary>
    public readonly IpldKind PeekKind()
    {
        if (IsAtEnd)
        {
            throw Fail("the value is missing");
        }

        var first = _source[Position];
        return (first >> 5) switch
        {
            MajorUnsigned or MajorNegative => IpldKind.Integer,
            MajorBytes => IpldKind.Bytes,
            MajorString => IpldKind.String,
            MajorList => IpldKind.List,
            MajorMap => IpldKind.Map,
            MajorTag => IpldKind.Link,
            _ => first switch
            {
                False or True => IpldKind.Bool,
                Null => IpldKind.Null,
                Float64 => IpldKind.Float,
                0xf7 => throw Fail("undefined is not in the data model"),
                0xf9 or 0xfa => throw Fail("a float has 64 bits here"),
                0xff => throw Fail("a break without an indefinite length"),
                _ => throw Fail("a simple value that is not in the data model"),
            },
        };
    }

    /// <summary>True when the next value is null, which is then read.</summary>
    public bool TryReadNull()
    {
        if (PeekKind() != IpldKind.Null)
        {
            return false;
        }

        Position++;
        return true;
    }

    public bool ReadBool()
    {
        Expect(IpldKind.Bool);
        return _source[Position++] == True;
    }

    public long ReadInt64()
    {
        var start = Position;
        var value = ReadInteger();
        return value >= long.MinValue && value <= long.MaxValue
            ? (long)value
            : throw Fail("the integer does not fit 64 bits with a sign", start);
    }

    public ulong ReadUInt64()
    {
        var start = Position;
        var value = ReadInteger();
        return value >= 0 ? (ulong)value : throw Fail("the integer is negative", start);
    }

    public Int128 ReadInteger()
    {
        Expect(IpldKind.Integer);
        var isNegative = _source[Position] >> 5 == MajorNegative;
        var argument = ReadArgument();
        return isNegative ? -1 - (Int128)argument : argument;
    }

    public double ReadFloat()
    {
        Expect(IpldKind.Float);
        if (_source.Length - Position < 9)
        {
            throw Fail("the float is cut off");
        }

        var value = BinaryPrimitives.ReadDoubleBigEndian(_source[(Position + 1)..]);
        if (!double.IsFinite(value))
        {
            throw Fail("the data model has no NaN or infinity");
        }

        Position += 9;
        return value;
    }

    public string ReadString() => Encoding.UTF8.GetString(ReadUtf8());

    /// <summary>The bytes of a string, which are valid UTF-8.</summary>
    public ReadOnlySpan<byte> ReadUtf8()
    {
        Expect(IpldKind.String);
        var start = Position;
        var text = ReadPayload();
        return Utf8.IsValid(text) ? text : throw Fail("the string is not UTF-8", start);
    }

    public ReadOnlySpan<byte> ReadBytes()
    {
        Expect(IpldKind.Bytes);
        return ReadPayload();
    }

    public Cid ReadLink()
    {
        Expect(IpldKind.Link);
        var start = Position;
        if (ReadArgument() != TagLink)
        {
            throw Fail("only tag 42 is allowed", start);
        }

        if (IsAtEnd || _source[Position] >> 5 != MajorBytes)
        {
            throw Fail("tag 42 does not hold bytes", start);
        }

        var bytes = ReadPayload();
        if (bytes.IsEmpty || bytes[0] != 0)
        {
            throw Fail("a link begins with a zero byte", start);
        }

        if (!Cid.TryReadBytes(bytes[1..], out var cid, out var consumed, out var reason))
        {
            throw Fail($"the link is not a CID: {reason}", start);
        }

        return consumed == bytes.Length - 1 ? cid : throw Fail("bytes follow the CID of the link", start);
    }

    /// <returns>How many values follow. It is at most the number of bytes left.</returns>
    public int ReadListStart()
    {
        Expect(IpldKind.List);
        return ReadCount(bytesPerItem: 1, "list");
    }

    public DagCborMap ReadMapStart()
    {
        Expect(IpldKind.Map);
        return new DagCborMap(ReadCount(bytesPerItem: 2, "map"));
    }

    /// <summary>The next key of the map, checked to come after the one before; false when the map is done.</summary>
    public bool ReadKey(ref DagCborMap map, out ReadOnlySpan<byte> key)
    {
        if (map.Remaining == 0)
        {
            key = default;
            return false;
        }

        var start = Position;
        if (PeekKind() != IpldKind.String)
        {
            throw Fail("a map key is not a string");
        }

        key = ReadUtf8();
        if (map.Previous >= 0)
        {
            var previous = _source.Slice(map.Previous, map.PreviousSize);
            var order = IpldKeyOrder.CompareShorterFirst(previous, key);
            if (order >= 0)
            {
                var text = Encoding.UTF8.GetString(key);
                throw Fail(order == 0 ? $"the map key \"{text}\" occurs twice" : $"\"{text}\" is out of order", start);
            }
        }

        map.Remaining--;
        map.Previous = Position - key.Length;
        map.PreviousSize = key.Length;
        return true;
    }

    /// <summary>Steps over one value of any kind, with all its rules checked.</summary>
    public void Skip() => Skip(depth: 0);

    /// <exception cref="ContentFormatException">Bytes follow the value.</exception>
    public readonly void End()
    {
        if (!IsAtEnd)
        {
            throw Fail($"{_source.Length - Position} bytes follow the value");
        }
    }

    internal readonly ContentFormatException Fail(string problem) => Fail(problem, Position);

    internal static ContentFormatException Fail(string problem, int offset) => new(Format, offset, problem);

    private void Skip(int depth)
    {
        var kind = PeekKind();
        switch (kind)
        {
            case IpldKind.List or IpldKind.Map when depth == IpldNode.DepthMax:
                throw Fail($"nested deeper than {IpldNode.DepthMax}");
            case IpldKind.List:
                for (var remaining = ReadListStart(); remaining > 0; remaining--)
                {
                    Skip(depth + 1);
                }

                break;
            case IpldKind.Map:
                var map = ReadMapStart();
                while (ReadKey(ref map, out _))
                {
                    Skip(depth + 1);
                }

                break;
            default:
                SkipScalar(kind);
                break;
        }
    }

    private void SkipScalar(IpldKind kind)
    {
        switch (kind)
        {
            case IpldKind.Integer:
                ReadArgument();
                break;
            case IpldKind.Float:
                ReadFloat();
                break;
            case IpldKind.String:
                ReadUtf8();
                break;
            case IpldKind.Bytes:
                ReadPayload();
                break;
            case IpldKind.Link:
                ReadLink();
                break;
            default:
                Position++;
                break;
        }
    }

    private readonly void Expect(IpldKind expected)
    {
        var found = PeekKind();
        if (found != expected)
        {
            throw Fail($"{found} where {expected} was expected");
        }
    }

    private ReadOnlySpan<byte> ReadPayload()
    {
        var start = Position;
        var size = ReadArgument();
        if (size > (ulong)(_source.Length - Position))
        {
            throw Fail($"{size} bytes announced, {_source.Length - Position} left", start);
        }

        var payload = _source.Slice(Position, (int)size);
        Position += (int)size;
        return payload;
    }

    private int ReadCount(int bytesPerItem, string what)
    {
        var start = Position;
        var count = ReadArgument();
        return count <= (ulong)((_source.Length - Position) / bytesPerItem)
            ? (int)count
            : throw Fail($"a {what} of {count} in {_source.Length - Position} bytes", start);
    }

    /// <summary>The number in the head of a value, which must take the fewest bytes that hold it.</summary>
    private ulong ReadArgument()
    {
        var low = _source[Position] & 0x1f;
        if (low < 24)
        {
            Position++;
            return (ulong)low;
        }

        if (low > 27)
        {
            throw Fail(low == 31 ? "an indefinite length" : "a reserved length");
        }

        var size = 1 << (low - 24);
        if (_source.Length - Position <= size)
        {
            throw Fail("the number is cut off");
        }

        var bytes = _source.Slice(Position + 1, size);
        var (value, least) = size switch
        {
            1 => (bytes[0], 24UL),
            2 => (BinaryPrimitives.ReadUInt16BigEndian(bytes), 1UL << 8),
            4 => (BinaryPrimitives.ReadUInt32BigEndian(bytes), 1UL << 16),
            _ => (BinaryPrimitives.ReadUInt64BigEndian(bytes), 1UL << 32),
        };
        if (value < least)
        {
            throw Fail("the number is not in its shortest form");
        }

        Position += 1 + size;
        return value;
    }
}
