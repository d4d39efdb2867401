using System.Globalization;
using System.Numerics;

namespace CimStore.Content;

/// <summary>
/// One base: bit-packed when its size is a power of two (2, 8, 16, 32, 64), else positional (10, 36, 58), where each
/// leading zero byte is one leading zero symbol.
/// </summary>
internal sealed class MultibaseAlphabet
{
    private const string Lower32 = "abcdefghijklmnopqrstuvwxyz234567";
    private const string Hex32 = "0123456789abcdefghijklmnopqrstuv";
    private const string Zooko32 = "ybndrfg8ejkmcpqxot1uwisza345h769";
    private const string Lower36 = "0123456789abcdefghijklmnopqrstuvwxyz";
    private const string Upper58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    private const string Lower58 = "123456789abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ";
    private const string Plain64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    private const string Url64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    private const byte NoSymbol = 0xff;

    private readonly string _name;
    private readonly byte[] _symbols;
    private readonly byte[] _values = new byte[256];
    private readonly bool _padded;
    private readonly int _bits;

    private MultibaseAlphabet(string name, string symbols, bool padded = false, bool foldsCase = false)
    {
        _name = name;
        _symbols = [.. symbols.Select(symbol => (byte)symbol)];
        _padded = padded;
        _bits = BitOperations.IsPow2(symbols.Length) ? BitOperations.Log2((uint)symbols.Length) : 0;
        Array.Fill(_values, NoSymbol);
        for (var value = 0; value < symbols.Length; value++)
        {
            _values[symbols[value]] = (byte)value;
            if (foldsCase)
            {
                _values[char.ToUpperInvariant(symbols[value])] = (byte)value;
                _values[char.ToLowerInvariant(symbols[value])] = (byte)value;
            }
        }
    }

    /// <summary>Symbols that together fill whole bytes: 8 for base32, 4 for base64.</summary>
    private int SymbolsPerBlock => 8 / (int)BigInteger.GreatestCommonDivisor(8, _bits);

    public static MultibaseAlphabet?[] ByPrefix()
    {
        var alphabets = new MultibaseAlphabet?[128];
        alphabets['0'] = new("base2", "01");
        alphabets['7'] = new("base8", "01234567");
        alphabets['9'] = new("base10", "0123456789");
        alphabets['f'] = new("base16", "0123456789abcdef", foldsCase: true);
        alphabets['F'] = new("base16upper", "0123456789ABCDEF", foldsCase: true);
        alphabets['b'] = new("base32", Lower32, foldsCase: true);
        alphabets['B'] = new("base32upper", Lower32.ToUpperInvariant(), foldsCase: true);
        alphabets['c'] = new("base32pad", Lower32, padded: true, foldsCase: true);
        alphabets['C'] = new("base32padupper", Lower32.ToUpperInvariant(), padded: true, foldsCase: true);
        alphabets['v'] = new("base32hex", Hex32, foldsCase: true);
        alphabets['V'] = new("base32hexupper", Hex32.ToUpperInvariant(), foldsCase: true);
        alphabets['t'] = new("base32hexpad", Hex32, padded: true, foldsCase: true);
        alphabets['T'] = new("base32hexpadupper", Hex32.ToUpperInvariant(), padded: true, foldsCase: true);
        alphabets['h'] = new("base32z", Zooko32);
        alphabets['k'] = new("base36", Lower36, foldsCase: true);
        alphabets['K'] = new("base36upper", Lower36.ToUpperInvariant(), foldsCase: true);
        alphabets['z'] = new("base58btc", Upper58);
        alphabets['Z'] = new("base58flickr", Lower58);
        alphabets['m'] = new("base64", Plain64);
        alphabets['M'] = new("base64pad", Plain64, padded: true);
        alphabets['u'] = new("base64url", Url64);
        alphabets['U'] = new("base64urlpad", Url64, padded: true);
        return alphabets;
    }

    public int TextLengthMax(int byteCount)
    {
        if (_bits == 0)
        {
            // log(256) / log(10) = 2.41 is the worst of the positional bases.
            return (byteCount * 5 / 2) + 1;
        }

        var length = ((byteCount * 8) + _bits - 1) / _bits;
        return _padded ? (length + SymbolsPerBlock - 1) / SymbolsPerBlock * SymbolsPerBlock : length;
    }

    public int Encode(ReadOnlySpan<byte> source, Span<byte> text) =>
        _bits == 0 ? EncodePositional(source, text) : EncodePacked(source, text);

    public bool TryDecode(ReadOnlySpan<byte> text, Span<byte> destination, out int written, out string? reason)
    {
        written = 0;
        var symbols = _padded ? text.TrimEnd((byte)'=') : text;
        var wrong = IndexOfForeign(symbols);
        if (wrong >= 0)
        {
            reason = Foreign(symbols[wrong], wrong);
            return false;
        }

        if (_padded && (text.Length % SymbolsPerBlock != 0 || text.Length - symbols.Length >= SymbolsPerBlock))
        {
            reason = $"the padding of the {_name} text has the wrong length";
            return false;
        }

        return _bits == 0
            ? TryDecodePositional(symbols, destination, out written, out reason)
            : TryDecodePacked(symbols, destination, out written, out reason);
    }

    private int IndexOfForeign(ReadOnlySpan<byte> symbols)
    {
        for (var index = 0; index < symbols.Length; index++)
        {
            if (_values[symbols[index]] == NoSymbol)
            {
                return index;
            }
        }

        return -1;
    }

    private string Foreign(byte symbol, int index) => symbol is > 0x20 and < 0x7f
        ? string.Create(CultureInfo.InvariantCulture, $"'{(char)symbol}' at {index + 1} is not a {_name} symbol")
        : string.Create(CultureInfo.InvariantCulture, $"byte 0x{symbol:x2} at {index + 1} is not a {_name} symbol");

    private int EncodePacked(ReadOnlySpan<byte> source, Span<byte> text)
    {
        var (buffer, held, length) = (0u, 0, 0);
        foreach (var octet in source)
        {
            buffer = (buffer << 8) | octet;
            for (held += 8; held >= _bits;)
            {
                held -= _bits;
                text[length++] = _symbols[(int)(buffer >> held) & (_symbols.Length - 1)];
            }
        }

        if (held > 0)
        {
            text[length++] = _symbols[(int)(buffer << (_bits - held)) & (_symbols.Length - 1)];
        }

        while (_padded && length % SymbolsPerBlock != 0)
        {
            text[length++] = (byte)'=';
        }

        return length;
    }

    private bool TryDecodePacked(
        ReadOnlySpan<byte> symbols, Span<byte> destination, out int written, out string? reason)
    {
        var (buffer, held) = (0u, 0);
        written = 0;
        foreach (var symbol in symbols)
        {
            buffer = (buffer << _bits) | _values[symbol];
            held += _bits;
            if (held >= 8)
            {
                held -= 8;
                destination[written++] = (byte)(buffer >> held);
            }
        }

        // A whole symbol left over carries nothing; bits left over that are set would be a second text for the bytes.
        var leftOver = buffer & ((1u << held) - 1);
        reason = held >= _bits ? $"a {_name} text cannot have {symbols.Length} symbols"
            : leftOver != 0 ? $"the last symbol of the {_name} text has bits set that belong to no byte"
            : null;
        return reason is null;
    }

    private int EncodePositional(ReadOnlySpan<byte> source, Span<byte> text)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(source.Length, Multibase.PositionalSizeMax);

        var zeros = ZerosOf(source, 0);
        var (radix, length) = ((uint)_symbols.Length, 0);
        var digits = text[zeros..];
        foreach (var octet in source[zeros..])
        {
            var carry = (uint)octet;
            for (var index = 0; index < length || carry > 0; index++)
            {
                carry += (index < length ? digits[index] : 0u) << 8;
                digits[index] = (byte)(carry % radix);
                carry /= radix;
                length = Math.Max(length, index + 1);
            }
        }

        digits[..length].Reverse();
        text[..zeros].Clear();
        for (var index = 0; index < zeros + length; index++)
        {
            text[index] = _symbols[text[index]];
        }

        return zeros + length;
    }

    private bool TryDecodePositional(
        ReadOnlySpan<byte> symbols, Span<byte> destination, out int written, out string? reason)
    {
        written = 0;
        if (symbols.Length > Multibase.PositionalSizeMax)
        {
            reason = $"a {_name} text of {symbols.Length} symbols is longer than {Multibase.PositionalSizeMax}";
            return false;
        }

        var zeros = ZerosOf(symbols, _symbols[0]);
        var (radix, size) = ((uint)_symbols.Length, 0);
        destination[..zeros].Clear();
        var octets = destination[zeros..];
        foreach (var symbol in symbols[zeros..])
        {
            var carry = (uint)_values[symbol];
            for (var index = 0; index < size || carry > 0; index++)
            {
                carry += (index < size ? octets[index] : 0u) * radix;
                octets[index] = (byte)carry;
                carry >>= 8;
                size = Math.Max(size, index + 1);
            }
        }

        octets[..size].Reverse();
        written = zeros + size;
        reason = null;
        return true;
    }

    private static int ZerosOf(ReadOnlySpan<byte> source, byte zero)
    {
        var first = source.IndexOfAnyExcept(zero);
        return first < 0 ? source.Length : first;
    }
}
