namespace CimStore.Content;

/// <content>Names from content, and content against names.</content>
public readonly partial struct Cid
{
    /// <summary>
    /// A shorter digest can be matched by trying: 20 bytes is the least that others accept too. Identity is exempt,
    /// being the content itself.
    /// </summary>
    public const int ProvingDigestSizeMin = 20;

    private const int DigestStackSize = 64;

    /// <summary>True when <see cref="Verify"/> can tell.</summary>
    public bool IsVerifiable => HashFunction == HashFunctions.Identity
        || (ContentHasher.IsComputable(HashFunction) && DigestSize >= ProvingDigestSizeMin);

    /// <summary>Mints the name of content that is in memory.</summary>
    /// <exception cref="ArgumentException">The codec or function is not one we give names with.</exception>
    public static Cid Of(ulong codec, ReadOnlySpan<byte> content, ulong hashFunction = HashFunctions.Blake3)
    {
        if (hashFunction == HashFunctions.Identity)
        {
            return FromDigest(codec, hashFunction, content);
        }

        Span<byte> digest = stackalloc byte[DigestStackSize];
        var size = ContentHasher.Hash(hashFunction, content, digest);
        return FromDigest(codec, hashFunction, digest[..size]);
    }

    public CidVerdict Verify(ReadOnlySpan<byte> content)
    {
        if (!IsVerifiable)
        {
            return CidVerdict.NotComputable;
        }

        if (HashFunction == HashFunctions.Identity)
        {
            return content.SequenceEqual(Digest) ? CidVerdict.Match : CidVerdict.Mismatch;
        }

        Span<byte> digest = stackalloc byte[DigestStackSize];
        ContentHasher.Hash(HashFunction, content, digest);
        return VerifyDigest(digest);
    }

    /// <summary>Compares with a digest of the same function; a truncated name compares as far as it goes.</summary>
    internal CidVerdict VerifyDigest(ReadOnlySpan<byte> digest) =>
        digest.StartsWith(Digest) ? CidVerdict.Match : CidVerdict.Mismatch;
}
