using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace CimStore.Content;

/// <content>The text form: base32 for version 1, bare base58btc for version 0; any multibase on request.</content>
public readonly partial struct Cid :
    ISpanParsable<Cid>, IUtf8SpanParsable<Cid>, ISpanFormattable, IUtf8SpanFormattable
{
    /// <summary>
    /// Longest text that is read: the longest name in hexadecimal with its prefix. Base 2 and 8 would be longer; nobody
    /// writes names in them.
    /// </summary>
    public const int TextLengthMax = 1 + (2 * ByteLengthMax);

    private const int V0TextLength = 46;
    private const int TextStackSize = 128;

    /// <summary>How many characters the default text form has.</summary>
    public int TextLength => _form == Form.V0 ? V0TextLength : 1 + Base32.TextLength(ByteLength);

    public static Cid Parse(string s) => Parse(s.AsSpan());

    /// <exception cref="FormatException">Not a CID, with the reason.</exception>
    public static Cid Parse(ReadOnlySpan<char> s) => TryParse(s, out var cid, out var reason)
        ? cid
        : throw new FormatException($"Not a CID: {reason}.");

    public static bool TryParse([NotNullWhen(true)] string? s, out Cid result) => TryParse(s.AsSpan(), out result,
        out _);

    /// <param name="s">The text, with nothing around it.</param>
    /// <param name="result">The name, or default.</param>
    /// <param name="reason">A phrase a person can act on, or null when the text is a CID.</param>
    public static bool TryParse(ReadOnlySpan<char> s, out Cid result, [NotNullWhen(false)] out string? reason)
    {
        result = default;
        if (s.Length > TextLengthMax)
        {
            reason = $"{s.Length} characters are more than the {TextLengthMax} a CID can have";
            return false;
        }

        Span<byte> ascii = s.Length <= TextStackSize ? stackalloc byte[TextStackSize] : new byte[s.Length];
        if (Ascii.FromUtf16(s, ascii, out var length) != OperationStatus.Done)
        {
            reason = $"character {length + 1} is not ASCII";
            return false;
        }

        return TryParse(ascii[..length], out result, out reason);
    }

    public static bool TryParse(ReadOnlySpan<byte> utf8Text, out Cid result, [NotNullWhen(false)] out string? reason)
    {
        result = default;
        reason = Refuse(utf8Text);
        if (reason is not null)
        {
            return false;
        }

        var isV0 = IsV0Text(utf8Text);
        var size = Multibase.DecodedSizeMax(utf8Text.Length + 1);
        Span<byte> bytes = size <= TextStackSize ? stackalloc byte[TextStackSize] : new byte[size];
        if (!TryDecodeText(utf8Text, isV0, bytes, out var written, out reason))
        {
            reason ??= "the text is not multibase";
            return false;
        }

        bytes = bytes[..written];
        if (!isV0 && written > 0 && bytes[0] == HashFunctions.Sha256)
        {
            reason = "a version 0 CID is written without a multibase prefix";
            return false;
        }

        if (!TryReadBytes(bytes, out result, out var consumed, out reason))
        {
            reason ??= "the bytes are not a CID";
            return false;
        }

        if (consumed != written)
        {
            result = default;
            reason = $"{written - consumed} bytes follow the digest";
            return false;
        }

        return true;
    }

    public static Cid Parse(ReadOnlySpan<byte> utf8Text) => TryParse(utf8Text, out var cid, out var reason)
        ? cid
        : throw new FormatException($"Not a CID: {reason}.");

    static Cid IParsable<Cid>.Parse(string s, IFormatProvider? provider) => Parse(s);

    static Cid ISpanParsable<Cid>.Parse(ReadOnlySpan<char> s, IFormatProvider? provider) => Parse(s);

    static Cid IUtf8SpanParsable<Cid>.Parse(ReadOnlySpan<byte> utf8Text, IFormatProvider? provider) => Parse(utf8Text);

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out Cid result) =>
        TryParse(s.AsSpan(), out result, out _);

    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out Cid result) =>
        TryParse(s, out result, out _);

    public static bool TryParse(ReadOnlySpan<byte> utf8Text, IFormatProvider? provider, out Cid result) =>
        TryParse(utf8Text, out result, out _);

    /// <summary>The default text form; empty for <c>default</c>.</summary>
    public override string ToString() => _form == Form.None
        ? string.Empty
        : string.Create(TextLength, this, static (text, cid) => cid.TryFormat(text, out _));

    /// <param name="format">Empty for the default form, or one multibase prefix, such as <c>z</c> or <c>k</c>.</param>
    /// <param name="formatProvider">Not used: names do not depend on culture.</param>
    public string ToString(string? format, IFormatProvider? formatProvider)
    {
        if (string.IsNullOrEmpty(format) || _form == Form.None)
        {
            return ToString();
        }

        Span<byte> bytes = ByteLength <= TextStackSize ? stackalloc byte[TextStackSize] : new byte[ByteLength];
        return Multibase.Encode(PrefixOf(format), bytes[..WriteBytes(bytes)]);
    }

    /// <summary>Writes the default text form.</summary>
    public bool TryFormat(Span<byte> utf8Destination, out int bytesWritten)
    {
        bytesWritten = 0;
        if (_form == Form.None)
        {
            return true;
        }

        var length = TextLength;
        if (utf8Destination.Length < length)
        {
            return false;
        }

        Span<byte> bytes = ByteLength <= TextStackSize ? stackalloc byte[TextStackSize] : new byte[ByteLength];
        bytes = bytes[..WriteBytes(bytes)];
        if (_form == Form.V0)
        {
            Span<byte> text = stackalloc byte[TextStackSize];
            var written = Multibase.Encode(Multibase.Base58Btc, bytes, text);
            text[1..written].CopyTo(utf8Destination);
        }
        else
        {
            utf8Destination[0] = (byte)Multibase.Base32;
            Base32.Encode(bytes, utf8Destination[1..length]);
        }

        bytesWritten = length;
        return true;
    }

    public bool TryFormat(Span<char> destination, out int charsWritten)
    {
        charsWritten = 0;
        var length = _form == Form.None ? 0 : TextLength;
        if (destination.Length < length)
        {
            return false;
        }

        Span<byte> ascii = length <= TextStackSize ? stackalloc byte[TextStackSize] : new byte[length];
        TryFormat(ascii, out length);
        Ascii.ToUtf16(ascii[..length], destination, out charsWritten);
        return true;
    }

    public bool TryFormat(
        Span<char> destination, out int charsWritten, ReadOnlySpan<char> format, IFormatProvider? provider)
    {
        if (format.IsEmpty)
        {
            return TryFormat(destination, out charsWritten);
        }

        var text = ToString(format.ToString(), provider);
        charsWritten = text.TryCopyTo(destination) ? text.Length : 0;
        return charsWritten == text.Length;
    }

    public bool TryFormat(
        Span<byte> utf8Destination, out int bytesWritten, ReadOnlySpan<char> format, IFormatProvider? provider)
    {
        if (format.IsEmpty)
        {
            return TryFormat(utf8Destination, out bytesWritten);
        }

        return Encoding.UTF8.TryGetBytes(ToString(format.ToString(), provider), utf8Destination, out bytesWritten);
    }

    private static string? Refuse(ReadOnlySpan<byte> text)
    {
        if (text.Length < 2)
        {
            return text.IsEmpty ? "the text is empty" : "one character is too short";
        }

        if (text.Length > TextLengthMax)
        {
            return $"{text.Length} characters are more than the {TextLengthMax} a CID can have";
        }

        return text[0] == '/' ? "this is a path; the CID is its second part" : null;
    }

    private static bool IsV0Text(ReadOnlySpan<byte> text) =>
        text.Length == V0TextLength && text[0] == 'Q' && text[1] == 'm';

    private static bool TryDecodeText(
        ReadOnlySpan<byte> text, bool isV0, Span<byte> bytes, out int written, out string? reason)
    {
        if (isV0)
        {
            Span<byte> prefixed = stackalloc byte[1 + V0TextLength];
            prefixed[0] = (byte)Multibase.Base58Btc;
            text.CopyTo(prefixed[1..]);
            return Multibase.TryDecode(prefixed, bytes, out written, out reason);
        }

        // The usual form first; what it refuses (upper case, an error to explain) goes the general way.
        if (text[0] == Multibase.Base32 && Base32.TryDecode(text[1..], bytes))
        {
            written = Base32.ByteLength(text.Length - 1);
            reason = null;
            return true;
        }

        return Multibase.TryDecode(text, bytes, out written, out reason);
    }

    private char PrefixOf(string format)
    {
        if (format.Length != 1 || !Multibase.IsSupported(format[0]))
        {
            throw new FormatException($"'{format}' is not a multibase prefix.");
        }

        return _form == Form.V1
            ? format[0]
            : throw new FormatException("A version 0 CID has one text form only; take ToV1() first.");
    }
}
