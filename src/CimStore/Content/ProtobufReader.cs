namespace CimStore.Content;

/// <summary>The part of Protocol Buffers that dag-pb and UnixFS use, read forward.</summary>
internal ref struct ProtobufReader(ReadOnlySpan<byte> source, string format, int offset = 0)
{
    public const int WireVarint = 0;
    public const int WireFixed64 = 1;
    public const int WireBytes = 2;
    public const int WireFixed32 = 5;

    private const int VarintSizeMax = 10;

    private readonly ReadOnlySpan<byte> _source = source;
    private readonly string _format = format;
    private readonly int _offset = offset;
    private int _position;
    private int _fieldStart;

    /// <summary>Where the bytes of the field just announced begin, in the whole input.</summary>
    public readonly int PayloadStart
    {
        get
        {
            var copy = this;
            copy.ReadVarint();
            return _offset + copy._position;
        }
    }

    /// <summary>Reads the key of the next field; false at the end.</summary>
    public bool ReadField(out int field, out int wireType)
    {
        (field, wireType) = (0, 0);
        _fieldStart = _position;
        if (_position == _source.Length)
        {
            return false;
        }

        var key = ReadVarint();
        wireType = (int)(key & 7);
        if (key >> 3 is 0 or > 0x1FFFFFFF)
        {
            throw Fail("the field has no valid number");
        }

        field = (int)(key >> 3);
        return true;
    }

    public ulong ReadVarint()
    {
        var value = 0UL;
        for (var index = 0; index < VarintSizeMax; index++)
        {
            if (_position == _source.Length)
            {
                throw Fail("the number is cut off");
            }

            var octet = _source[_position++];
            value |= (ulong)(octet & 0x7f) << (7 * index);
            if (octet < 0x80)
            {
                return index < VarintSizeMax - 1 || octet <= 1 ? value : throw Fail("the number exceeds 64 bits");
            }
        }

        throw Fail("the number is longer than 10 bytes");
    }

    public ReadOnlySpan<byte> ReadBytes()
    {
        var size = ReadVarint();
        if (size > (ulong)(_source.Length - _position))
        {
            throw Fail($"{size} bytes announced, {_source.Length - _position} left");
        }

        var bytes = _source.Slice(_position, (int)size);
        _position += (int)size;
        return bytes;
    }

    /// <summary>Steps over a field that the format does not know.</summary>
    public void Skip(int wireType)
    {
        var size = wireType switch
        {
            WireFixed64 => 8,
            WireFixed32 => 4,
            WireVarint or WireBytes => 0,
            _ => throw Fail($"wire type {wireType} is not read"),
        };
        if (wireType == WireVarint)
        {
            ReadVarint();
        }
        else if (wireType == WireBytes)
        {
            ReadBytes();
        }
        else if (_source.Length - _position < size)
        {
            throw Fail("the number is cut off");
        }

        _position += size;
    }

    public readonly ContentFormatException Fail(string problem) => new(_format, _offset + _fieldStart, problem);
}
