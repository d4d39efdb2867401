using System.Buffers.Binary;

namespace CimStore.Content;

/// <summary>
/// Base32 (RFC 4648, lower case, no padding) eight symbols at a time in one machine word. Every CID in a log line, a
/// key
/// or a URL passes here, so it neither allocates nor walks a table.
/// </summary>
internal static class Base32
{
    private const ulong Ones = 0x0101010101010101;
    private const ulong HighBits = 0x8080808080808080;

    public static int TextLength(int byteCount) => ((byteCount * 8) + 4) / 5;

    public static int ByteLength(int textLength) => textLength * 5 / 8;

    /// <summary>Writes exactly <see cref="TextLength"/> symbols.</summary>
    public static void Encode(ReadOnlySpan<byte> source, Span<byte> text)
    {
        while (source.Length >= 8 && text.Length >= 8)
        {
            var groups = Spread(BinaryPrimitives.ReadUInt64BigEndian(source) >> 24);
            BinaryPrimitives.WriteUInt64BigEndian(text, ToText(groups));
            source = source[5..];
            text = text[8..];
        }

        Span<byte> lastBytes = stackalloc byte[8];
        Span<byte> lastText = stackalloc byte[8];
        while (!source.IsEmpty)
        {
            var take = Math.Min(5, source.Length);
            lastBytes.Clear();
            source[..take].CopyTo(lastBytes);
            var groups = Spread(BinaryPrimitives.ReadUInt64BigEndian(lastBytes) >> 24);
            BinaryPrimitives.WriteUInt64BigEndian(lastText, ToText(groups));
            var give = TextLength(take);
            lastText[..give].CopyTo(text);
            source = source[take..];
            text = text[give..];
        }
    }

    /// <summary>
    /// Reads lower-case symbols. False when a symbol is not in the alphabet, the length cannot occur, or the bits left
    /// over at the end are not zero.
    /// </summary>
    public static bool TryDecode(ReadOnlySpan<byte> text, Span<byte> destination)
    {
        if (text.Length % 8 is 1 or 3 or 6)
        {
            return false;
        }

        while (text.Length >= 8 && destination.Length >= 8)
        {
            if (!TryFromText(BinaryPrimitives.ReadUInt64BigEndian(text), out var groups))
            {
                return false;
            }

            BinaryPrimitives.WriteUInt64BigEndian(destination, Gather(groups) << 24);
            destination = destination[5..];
            text = text[8..];
        }

        return TryDecodeRest(text, destination);
    }

    /// <summary>40 bits become eight 5-bit groups, one per byte, the first group in the highest byte.</summary>
    public static ulong Spread(ulong bits)
    {
        bits = ((bits & 0x000000FFFFF00000) << 12) | (bits & 0x00000000000FFFFF);
        bits = ((bits & 0x000FFC00000FFC00) << 6) | (bits & 0x000003FF000003FF);
        return ((bits & 0x03E003E003E003E0) << 3) | (bits & 0x001F001F001F001F);
    }

    public static ulong Gather(ulong groups)
    {
        groups = ((groups & 0x1F001F001F001F00) >> 3) | (groups & 0x001F001F001F001F);
        groups = ((groups & 0x03FF000003FF0000) >> 6) | (groups & 0x000003FF000003FF);
        return ((groups & 0x000FFFFF00000000) >> 12) | (groups & 0x00000000000FFFFF);
    }

    private static bool TryDecodeRest(ReadOnlySpan<byte> text, Span<byte> destination)
    {
        Span<byte> lastText = stackalloc byte[8];
        Span<byte> lastBytes = stackalloc byte[8];
        while (!text.IsEmpty)
        {
            var take = Math.Min(8, text.Length);
            lastText.Fill((byte)'a');
            text[..take].CopyTo(lastText);
            if (!TryFromText(BinaryPrimitives.ReadUInt64BigEndian(lastText), out var groups))
            {
                return false;
            }

            BinaryPrimitives.WriteUInt64BigEndian(lastBytes, Gather(groups) << 24);
            var give = ByteLength(take);
            if (lastBytes[give..].ContainsAnyExcept((byte)0))
            {
                return false;
            }

            lastBytes[..give].CopyTo(destination);
            destination = destination[give..];
            text = text[take..];
        }

        return true;
    }

    /// <summary>0..25 are 'a'..'z', 26..31 are '2'..'7'.</summary>
    private static ulong ToText(ulong groups)
    {
        var isDigit = ((groups + (Ones * (0x80 - 26))) & HighBits) >> 7;
        return groups + (Ones * 'a') - (isDigit * ('a' + 26 - '2'));
    }

    private static bool TryFromText(ulong text, out ulong groups)
    {
        var ascii = text & ~HighBits;
        var isLetter = (ascii + (Ones * (0x80 - 'a'))) & ~(ascii + (Ones * (0x80 - 'z' - 1))) & HighBits;
        var isDigit = (ascii + (Ones * (0x80 - '2'))) & ~(ascii + (Ones * (0x80 - '7' - 1))) & HighBits;
        groups = ascii + ((isDigit >> 7) * ('a' + 26 - '2')) - (Ones * 'a');
        return (text & HighBits) == 0 && (isLetter | isDigit) == HighBits;
    }
}
