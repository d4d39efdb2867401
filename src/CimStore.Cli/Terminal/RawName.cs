using System.Text;

namespace CimStore.Cli.Terminal;

/// <summary>
/// A name of a Linux file system as text: bytes that are not UTF-8 become the lone surrogates U+DC80..U+DCFF, which
/// <see cref="LineEscape"/> writes as <c>\xNN</c> again.
/// </summary>
internal static class RawName
{
    public static string Text(ReadOnlySpan<byte> name)
    {
        var text = new StringBuilder(name.Length);
        while (!name.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(name, out var rune, out var consumed) == System.Buffers.OperationStatus.Done)
            {
                text.Append(rune.ToString());
            }
            else
            {
                foreach (var one in name[..consumed])
                {
                    text.Append((char)(0xDC00 + one));
                }
            }

            name = name[consumed..];
        }

        return text.ToString();
    }

    /// <summary>Whether the name is not UTF-8.</summary>
    public static bool IsRaw(string name) =>
        name.AsSpan().ContainsAnyInRange('\udc80', '\udcff') && name.EnumerateRunes().Contains(Rune.ReplacementChar);

    /// <summary>For JSON, whose strings are Unicode: as it is, or escaped as on a line when it is not UTF-8.</summary>
    public static string JsonText(string name) => IsRaw(name) ? LineEscape.Escape(name) : name;

    /// <summary>The bytes again, for `--null`.</summary>
    public static byte[] Bytes(string name)
    {
        var bytes = new byte[Encoding.UTF8.GetMaxByteCount(name.Length)];
        var size = 0;
        for (var index = 0; index < name.Length; index++)
        {
            if (name[index] is >= '\udc80' and <= '\udcff' && (index == 0 || !char.IsHighSurrogate(name[index - 1])))
            {
                bytes[size++] = (byte)(name[index] - 0xDC00);
            }
            else
            {
                var length = char.IsHighSurrogate(name[index]) && index + 1 < name.Length ? 2 : 1;
                size += Encoding.UTF8.GetBytes(name.AsSpan(index, length), bytes.AsSpan(size));
                index += length - 1;
            }
        }

        return bytes[..size];
    }
}
