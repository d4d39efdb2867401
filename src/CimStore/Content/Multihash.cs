using System.Globalization;

namespace CimStore.Content;

/// <summary>A digest with its function: varint code, varint length, digest.</summary>
public static class Multihash
{
    /// <summary>
    /// Longest digest that is read. Only identity digests have no length of their own, and a CID is a name, not a place
    /// to keep content.
    /// </summary>
    public const int DigestSizeMax = 2048;

    /// <summary>Reads one multihash from the start of the source; what follows it is left alone.</summary>
    /// <param name="source">Bytes that begin with a multihash.</param>
    /// <param name="function">The multihash code.</param>
    /// <param name="digest">A slice of the source.</param>
    /// <param name="consumed">Length of the multihash.</param>
    /// <param name="reason">Why it was refused.</param>
    public static bool TryRead(
        ReadOnlySpan<byte> source,
        out ulong function,
        out ReadOnlySpan<byte> digest,
        out int consumed,
        out string? reason)
    {
        digest = default;
        consumed = 0;
        if (!UnsignedVarint.TryRead(source, out function, out var functionSize))
        {
            reason = "the hash function is not a minimal varint of at most 9 bytes";
            return false;
        }

        if (!UnsignedVarint.TryRead(source[functionSize..], out var size, out var sizeSize))
        {
            reason = "the digest length is not a minimal varint of at most 9 bytes";
            return false;
        }

        reason = Refuse(function, size);
        if (reason is not null)
        {
            return false;
        }

        var start = functionSize + sizeSize;
        if ((ulong)(source.Length - start) < size)
        {
            reason = string.Create(
                CultureInfo.InvariantCulture,
                $"the digest is cut off: {size} bytes announced, {source.Length - start} present");
            return false;
        }

        digest = source.Slice(start, (int)size);
        consumed = start + (int)size;
        return true;
    }

    /// <returns>How many bytes were written.</returns>
    public static int Write(Span<byte> destination, ulong function, ReadOnlySpan<byte> digest)
    {
        var offset = UnsignedVarint.Write(destination, function);
        offset += UnsignedVarint.Write(destination[offset..], (ulong)digest.Length);
        digest.CopyTo(destination[offset..]);
        return offset + digest.Length;
    }

    public static int Size(ulong function, int digestSize) =>
        UnsignedVarint.Size(function) + UnsignedVarint.Size((ulong)digestSize) + digestSize;

    /// <returns>Why no digest of this function can have this length, or null. Shorter ones are truncations.</returns>
    internal static string? Refuse(ulong function, ulong digestSize)
    {
        if (digestSize > DigestSizeMax)
        {
            return string.Create(
                CultureInfo.InvariantCulture, $"a digest of {digestSize} bytes is longer than {DigestSizeMax} bytes");
        }

        return HashFunctions.DigestSize(function) is { } size && digestSize > (ulong)size
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"{HashFunctions.Name(function)} gives {size} bytes, not {digestSize}")
            : null;
    }
}
