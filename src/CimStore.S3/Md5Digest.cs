using System.Buffers.Binary;
using System.Security.Cryptography;

namespace CimStore.S3;

/// <summary>An MD5, which S3 compares uploads by. It finds damage, not malice: that is the CID's part.</summary>
internal readonly record struct Md5Digest(UInt128 Value)
{
    public const int SizeBytes = 16;

    public static Md5Digest Of(ReadOnlySpan<byte> bytes)
    {
        Span<byte> hash = stackalloc byte[SizeBytes];
        CryptographicOperations.HashData(HashAlgorithmName.MD5, bytes, hash);
        return From(hash);
    }

    public static Md5Digest From(ReadOnlySpan<byte> hash) => new(BinaryPrimitives.ReadUInt128BigEndian(hash));

    /// <summary>What the hash has taken in since the last time.</summary>
    public static Md5Digest Take(IncrementalHash hash)
    {
        Span<byte> value = stackalloc byte[SizeBytes];
        hash.GetHashAndReset(value);
        return From(value);
    }

    /// <summary>As S3 makes the ETag: of one part its MD5, of several the MD5 of their MD5s and how many.</summary>
    public static string TagOf(IReadOnlyList<Md5Digest> parts)
    {
        if (parts.Count == 1)
        {
            return parts[0].ToString();
        }

        var all = new byte[parts.Count * SizeBytes];
        for (var index = 0; index < parts.Count; index++)
        {
            parts[index].CopyTo(all.AsSpan(index * SizeBytes));
        }

        return $"{Of(all)}-{parts.Count}";
    }

    public void CopyTo(Span<byte> destination) => BinaryPrimitives.WriteUInt128BigEndian(destination, Value);

    /// <summary>For the header Content-MD5.</summary>
    public string ToBase64()
    {
        Span<byte> bytes = stackalloc byte[SizeBytes];
        CopyTo(bytes);
        return Convert.ToBase64String(bytes);
    }

    public override string ToString() => Value.ToString("x32", null);
}
