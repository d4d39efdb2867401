using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;

namespace CimStore.Content;

/// <content>The binary form, and the key form that sorts like the text.</content>
public readonly partial struct Cid
{
    private const int V0ByteLength = 34;
    private const int KeyStackSize = 64;
    private const ulong GroupMask = 0x1F1F1F1F1F1F1F1F;
    private const ulong DigitsFirst = 0x0606060606060606;
    private const ulong DigitsLast = 0x1A1A1A1A1A1A1A1A;

    public int ByteLength => _form switch
    {
        Form.None => 0,
        Form.V0 => V0ByteLength,
        _ => 1 + UnsignedVarint.Size(Codec) + Multihash.Size(HashFunction, DigestSize),
    };

    /// <summary>
    /// Size of <see cref="WriteOrderedKey"/>: the base32 text without its first two symbols ("ba" in every version 1
    /// name), 5 bits each; 36 bytes for a usual name.
    /// </summary>
    public int OrderedKeyLength
    {
        get
        {
            var byteLength = 1 + UnsignedVarint.Size(Codec) + Multihash.Size(HashFunction, DigestSize);
            return (((Base32.TextLength(byteLength) - 1) * 5) + 7) / 8;
        }
    }

    /// <summary>Reads one name from the start of the source; what follows it is left alone.</summary>
    public static bool TryReadBytes(ReadOnlySpan<byte> source, out Cid cid, out int consumed) =>
        TryReadBytes(source, out cid, out consumed, out _);

    public static bool TryReadBytes(ReadOnlySpan<byte> source, out Cid cid, out int consumed, out string? reason)
    {
        cid = default;
        consumed = 0;
        if (source.Length >= 2 && source[0] == HashFunctions.Sha256 && source[1] == 0x20)
        {
            if (source.Length < V0ByteLength)
            {
                reason = "the version 0 CID is cut off";
                return false;
            }

            cid = new Cid(Form.V0, Codecs.DagPb, HashFunctions.Sha256, source[2..V0ByteLength]);
            consumed = V0ByteLength;
            reason = null;
            return true;
        }

        return TryReadV1(source, out cid, out consumed, out reason);
    }

    /// <returns>How many bytes were written: <see cref="ByteLength"/>.</returns>
    public int WriteBytes(Span<byte> destination)
    {
        ThrowIfDefault();
        var offset = 0;
        if (_form == Form.V1)
        {
            offset += UnsignedVarint.Write(destination, 1);
            offset += UnsignedVarint.Write(destination[offset..], Codec);
        }

        return offset + Multihash.Write(destination[offset..], HashFunction, Digest);
    }

    /// <summary>
    /// Writes a key whose byte order is the order of the names. No key is a prefix of another, so more may follow it.
    /// A version 0 name gives the key of its version 1 twin.
    /// </summary>
    /// <returns>How many bytes were written: <see cref="OrderedKeyLength"/>.</returns>
    /// <remarks>
    /// The text sorts '2'..'7' (groups 26..31) before 'a'..'z' (0..25): a rotation of the 5-bit groups by 6. A binary
    /// name ends where its digest length says, so no text continues another, and neither does any key.
    /// </remarks>
    public int WriteOrderedKey(Span<byte> destination)
    {
        ThrowIfDefault();
        if (_form == Form.V0)
        {
            return ToV1().WriteOrderedKey(destination);
        }

        var keyLength = OrderedKeyLength;
        var byteLength = ByteLength;
        var rented = byteLength > KeyStackSize ? ArrayPool<byte>.Shared.Rent(byteLength + 8) : null;
        var bytes = rented is null ? stackalloc byte[KeyStackSize + 8] : rented.AsSpan(0, byteLength + 8);
        WriteBytes(bytes);
        bytes[byteLength..].Clear();
        Repack(bytes, byteLength, destination[..keyLength]);
        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }

        return keyLength;
    }

    /// <summary>Reads a key that <see cref="WriteOrderedKey"/> made, from the start of the source.</summary>
    public static bool TryReadOrderedKey(ReadOnlySpan<byte> source, out Cid cid, out int consumed)
    {
        cid = default;
        consumed = 0;
        if (source.IsEmpty)
        {
            return false;
        }

        var sizeMax = Math.Min(source.Length, ByteLengthMax);
        var rented = sizeMax > KeyStackSize ? ArrayPool<byte>.Shared.Rent(sizeMax + 16) : null;
        var bytes = rented is null ? stackalloc byte[KeyStackSize + 16] : rented.AsSpan(0, sizeMax + 16);
        Unpack(source[..sizeMax], bytes);
        var isRead = TryReadV1(bytes[..(sizeMax + 1)], out cid, out var size, out _)
            && IsKeyOf(bytes, size, source, out consumed);
        cid = isRead ? cid : default;
        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }

        return isRead;
    }

    private static bool TryReadV1(ReadOnlySpan<byte> source, out Cid cid, out int consumed, out string? reason)
    {
        cid = default;
        consumed = 0;
        if (!UnsignedVarint.TryRead(source, out var version, out var versionSize))
        {
            reason = source.IsEmpty ? "it has no bytes" : "the version is not a minimal varint";
            return false;
        }

        if (version != 1)
        {
            reason = string.Create(CultureInfo.InvariantCulture, $"CID version {version} does not exist");
            return false;
        }

        if (!UnsignedVarint.TryRead(source[versionSize..], out var codec, out var codecSize))
        {
            reason = "the codec is not a minimal varint of at most 9 bytes";
            return false;
        }

        var start = versionSize + codecSize;
        if (!Multihash.TryRead(source[start..], out var function, out var digest, out var hashSize, out reason))
        {
            return false;
        }

        cid = new Cid(Form.V1, codec, function, digest);
        consumed = start + hashSize;
        return true;
    }

    /// <summary>What fills the last group of the text and the last byte of the key must be zero.</summary>
    private static bool IsKeyOf(ReadOnlySpan<byte> bytes, int byteLength, ReadOnlySpan<byte> source, out int consumed)
    {
        var textBits = Base32.TextLength(byteLength) * 5;
        var keyBits = textBits - 5;
        var keyLength = (keyBits + 7) / 8;
        consumed = 0;
        if (keyLength > source.Length)
        {
            return false;
        }

        var fillOfText = bytes[byteLength] >> (8 - (textBits - (byteLength * 8)));
        var fillOfKey = source[keyLength - 1] & ((1 << ((keyLength * 8) - keyBits)) - 1);
        consumed = fillOfText == 0 && fillOfKey == 0 ? keyLength : 0;
        return consumed > 0;
    }

    /// <summary>
    /// Rotates each 5-bit group after the first and packs them again. The source has 8 bytes of slack.
    /// </summary>
    private static void Repack(ReadOnlySpan<byte> source, int byteLength, Span<byte> destination)
    {
        var groupsLeft = Base32.TextLength(byteLength) - 1;
        Span<byte> packed = stackalloc byte[8];
        for (var offset = 0; groupsLeft > 0; offset += 5, groupsLeft -= 8)
        {
            // The first group is dropped, so every read starts 5 bits later.
            var bits = (BinaryPrimitives.ReadUInt64BigEndian(source[offset..]) << 5) >> 24;
            var groups = (Base32.Spread(bits) + DigitsFirst) & GroupMask;
            if (groupsLeft < 8)
            {
                groups &= ulong.MaxValue << (8 * (8 - groupsLeft));
            }

            var rest = destination[offset..];
            if (rest.Length >= 8)
            {
                BinaryPrimitives.WriteUInt64BigEndian(rest, Base32.Gather(groups) << 24);
                continue;
            }

            BinaryPrimitives.WriteUInt64BigEndian(packed, Base32.Gather(groups) << 24);
            packed[..Math.Min(5, rest.Length)].CopyTo(rest);
        }
    }

    /// <summary>
    /// Undoes <see cref="Repack"/> for as many groups as there are; the destination has 16 bytes of slack.
    /// </summary>
    private static void Unpack(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        Span<byte> last = stackalloc byte[8];
        destination.Clear();
        for (var offset = 0; offset < source.Length; offset += 5)
        {
            var rest = source[offset..];
            ulong word;
            if (rest.Length >= 8)
            {
                word = BinaryPrimitives.ReadUInt64BigEndian(rest);
            }
            else
            {
                last.Clear();
                rest.CopyTo(last);
                word = BinaryPrimitives.ReadUInt64BigEndian(last);
            }

            var groups = Base32.Spread(word >> 24);
            var bits = Base32.Gather((groups + DigitsLast) & GroupMask) << 24;

            // 40 bits land 5 bits later: behind the first group of the whole, which is zero.
            var held = BinaryPrimitives.ReadUInt64BigEndian(destination[offset..]);
            BinaryPrimitives.WriteUInt64BigEndian(destination[offset..], held | (bits >> 5));
        }
    }

    private void ThrowIfDefault()
    {
        if (_form == Form.None)
        {
            throw new InvalidOperationException("The default CID names nothing.");
        }
    }
}
