using System.Globalization;
using System.Text;

namespace CimStore.Cli.Terminal;

/// <summary>
/// Keeps one file on one line: a name with a control character, a backslash or bytes that are not UTF-8 is
/// written with C
/// escapes (<c>\n \t \r \\ \xNN</c>). Other names are unchanged. `--null` writes names as they are.
/// </summary>
internal static class LineEscape
{
    public static string Escape(string name) => NeedsEscape(name) ? EscapeAll(name) : name;

    private static bool NeedsEscape(string name) =>
        name.AsSpan().ContainsAny('\\', '\u2028', '\u2029')
            || name.AsSpan().ContainsAnyInRange('\0', '\u001f')
            || name.AsSpan().ContainsAnyInRange('\u007f', '\u009f')
            || HasLoneSurrogate(name);

    private static bool HasLoneSurrogate(string name)
    {
        foreach (var rune in name.EnumerateRunes())
        {
            if (rune == Rune.ReplacementChar)
            {
                return true;
            }
        }

        return false;
    }

    private static string EscapeAll(string name)
    {
        var escaped = new StringBuilder(name.Length + 8);
        for (var index = 0; index < name.Length; index++)
        {
            var unit = name[index];
            if (char.IsHighSurrogate(unit) && index + 1 < name.Length && char.IsLowSurrogate(name[index + 1]))
            {
                escaped.Append(unit).Append(name[++index]);
            }
            else
            {
                AppendUnit(escaped, unit);
            }
        }

        return escaped.ToString();
    }

    private static void AppendUnit(StringBuilder escaped, char unit)
    {
        switch (unit)
        {
            case '\\':
                escaped.Append(@"\\");
                break;
            case '\n':
                escaped.Append(@"\n");
                break;
            case '\r':
                escaped.Append(@"\r");
                break;
            case '\t':
                escaped.Append(@"\t");
                break;
            case < ' ' or '\u007f':
                AppendByte(escaped, (byte)unit);
                break;
            case (>= '\u0080' and <= '\u009f') or '\u2028' or '\u2029':
                Span<byte> utf8 = stackalloc byte[4];
                foreach (var one in utf8[..new Rune(unit).EncodeToUtf8(utf8)])
                {
                    AppendByte(escaped, one);
                }

                break;
            default:
                // A lone low surrogate U+DC80..U+DCFF stands for a byte that is not UTF-8 (the convention of Python).
                if (unit is >= '\udc80' and <= '\udcff')
                {
                    AppendByte(escaped, (byte)(unit - 0xDC00));
                }
                else
                {
                    escaped.Append(unit);
                }

                break;
        }
    }

    private static void AppendByte(StringBuilder escaped, byte value) =>
        escaped.Append(CultureInfo.InvariantCulture, $"\\x{value:x2}");
}
