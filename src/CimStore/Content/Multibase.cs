using System.Buffers;
using System.Globalization;
using System.Text;

namespace CimStore.Content;

/// <summary>
/// Bytes as text whose first symbol names the base. All the letters-and-digits bases of the multibase table are here;
/// the identity base (not text) and base256emoji (not one byte per symbol) are not.
/// </summary>
public static class Multibase
{
    public const char Base16 = 'f';
    public const char Base32 = 'b';
    public const char Base36 = 'k';
    public const char Base58Btc = 'z';
    public const char Base64 = 'm';
    public const char Base64Url = 'u';

    /// <summary>
    /// Bases 10, 36 and 58 cost the square of the length. They name things and do not carry content, so they stop here.
    /// </summary>
    public const int PositionalSizeMax = 4096;

    private static readonly MultibaseAlphabet?[] Alphabets = MultibaseAlphabet.ByPrefix();

    public static bool IsSupported(char prefix) => Find(prefix) is not null;

    public static string Encode(char prefix, ReadOnlySpan<byte> source)
    {
        var text = ArrayPool<byte>.Shared.Rent(EncodedLengthMax(prefix, source.Length));
        try
        {
            return Encoding.ASCII.GetString(text.AsSpan(0, Encode(prefix, source, text)));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(text);
        }
    }

    /// <summary>Room that is enough for the text with its prefix.</summary>
    public static int EncodedLengthMax(char prefix, int byteCount) => 1 + Require(prefix).TextLengthMax(byteCount);

    /// <summary>Writes the prefix and the text. The destination must hold <see cref="EncodedLengthMax"/>.</summary>
    /// <returns>How many ASCII bytes were written.</returns>
    public static int Encode(char prefix, ReadOnlySpan<byte> source, Span<byte> destination)
    {
        var alphabet = Require(prefix);
        destination[0] = (byte)prefix;
        return 1 + alphabet.Encode(source, destination[1..]);
    }

    /// <summary>Room that is enough for what any text of this length decodes to.</summary>
    public static int DecodedSizeMax(int textLength) => textLength;

    /// <summary>Reads a text with its prefix.</summary>
    public static bool TryDecode(
        ReadOnlySpan<byte> text, Span<byte> destination, out int written, out string? reason)
    {
        written = 0;
        if (text.IsEmpty)
        {
            reason = "the text is empty";
            return false;
        }

        if (Find((char)text[0]) is not { } alphabet)
        {
            reason = text[0] is > 0x20 and < 0x7f
                ? string.Create(CultureInfo.InvariantCulture, $"'{(char)text[0]}' is not a known multibase prefix")
                : "the first symbol is not a known multibase prefix";
            return false;
        }

        return alphabet.TryDecode(text[1..], destination, out written, out reason);
    }

    /// <exception cref="FormatException">The text is not multibase, with the reason.</exception>
    public static int Decode(ReadOnlySpan<char> text, Span<byte> destination)
    {
        var ascii = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(text.Length));
        try
        {
            var length = Encoding.UTF8.GetBytes(text, ascii);
            return TryDecode(ascii.AsSpan(0, length), destination, out var written, out var reason)
                ? written
                : throw new FormatException($"Not multibase: {reason}.");
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(ascii);
        }
    }

    private static MultibaseAlphabet Require(char prefix) =>
        Find(prefix) ?? throw new ArgumentOutOfRangeException(nameof(prefix), prefix, "Not a supported multibase.");

    private static MultibaseAlphabet? Find(char prefix) => prefix < Alphabets.Length ? Alphabets[prefix] : null;
}
