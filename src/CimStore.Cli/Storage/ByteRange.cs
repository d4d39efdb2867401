using System.Globalization;
using CimStore.Cli.Terminal;

namespace CimStore.Cli.Storage;

/// <summary>A range as HTTP writes it: first and last byte, both included; either may be left out.</summary>
internal readonly record struct ByteRange(long? First, long? Last)
{
    public static readonly ByteRange All = new(0, null);

    public static ByteRange Parse(string text)
    {
        var dash = text.IndexOf('-', StringComparison.Ordinal);
        if (dash < 0
            || !TryNumber(text.AsSpan(0, dash), out var first)
            || !TryNumber(text.AsSpan(dash + 1), out var last)
            || (first is null && last is null)
            || (first is not null && last is not null && first > last))
        {
            throw CliException.Usage(
                $"'{text}' is not a range: 0-99 is the first 100 bytes, 100- all after them, =-100 the last 100.");
        }

        return new ByteRange(first, last);
    }

    /// <summary>
    /// Offset and length in content of that size; a range that begins past its end cannot be satisfied.
    /// </summary>
    public (long Offset, long Length) Within(long size)
    {
        if (First is not { } first)
        {
            var suffix = Math.Min(Last!.Value, size);
            return (size - suffix, suffix);
        }

        if (first > size || (first == size && size > 0))
        {
            throw new CliException(ExitCode.Refused, $"The range begins at {first}, the content has {size} bytes.");
        }

        return (first, Last is { } last && last < size ? last - first + 1 : size - first);
    }

    private static bool TryNumber(ReadOnlySpan<char> text, out long? number)
    {
        number = null;
        if (text.IsEmpty)
        {
            return true;
        }

        if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var parsed))
        {
            return false;
        }

        number = parsed;
        return true;
    }
}
