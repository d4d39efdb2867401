using System.Security.Cryptography;

namespace CimStore.Content;

/// <summary>Hashes content while it flows, with any function that can be computed here.</summary>
public abstract class ContentHasher : IDisposable
{
    private ContentHasher(ulong function, int digestSize)
    {
        Function = function;
        DigestSize = digestSize;
    }

    /// <summary>The multihash code.</summary>
    public ulong Function { get; }

    public int DigestSize { get; }

    public static bool IsComputable(ulong function) => function switch
    {
        HashFunctions.Blake3 or HashFunctions.Sha256 or HashFunctions.Sha384 or HashFunctions.Sha512 => true,
        HashFunctions.Blake2b256 => true,
        HashFunctions.Sha3Bits256 or HashFunctions.Sha3Bits384 or HashFunctions.Sha3Bits512 => SHA3_256.IsSupported,
        _ => false,
    };

    /// <exception cref="ArgumentException">The function cannot be computed here.</exception>
    public static ContentHasher Create(ulong function) => function switch
    {
        HashFunctions.Blake3 => new Blake3Form(),
        HashFunctions.Sha256 => new PlatformForm(function, HashAlgorithmName.SHA256, 32),
        HashFunctions.Sha384 => new PlatformForm(function, HashAlgorithmName.SHA384, 48),
        HashFunctions.Sha512 => new PlatformForm(function, HashAlgorithmName.SHA512, 64),
        HashFunctions.Sha3Bits256 => new PlatformForm(function, HashAlgorithmName.SHA3_256, 32),
        HashFunctions.Sha3Bits384 => new PlatformForm(function, HashAlgorithmName.SHA3_384, 48),
        HashFunctions.Sha3Bits512 => new PlatformForm(function, HashAlgorithmName.SHA3_512, 64),
        HashFunctions.Blake2b256 => new Blake2bForm(),
        _ => throw new ArgumentException($"{HashFunctions.Name(function)} is not computed here.", nameof(function)),
    };

    /// <summary>Hashes content that is in memory.</summary>
    /// <returns>How many bytes of the digest were written.</returns>
    public static int Hash(ulong function, ReadOnlySpan<byte> content, Span<byte> digest)
    {
        switch (function)
        {
            case HashFunctions.Blake3:
                Content.Blake3.Hash(content, digest[..Content.Blake3.HashSizeBytes]);
                return Content.Blake3.HashSizeBytes;
            case HashFunctions.Sha256:
                return SHA256.HashData(content, digest);
            case HashFunctions.Sha512:
                return SHA512.HashData(content, digest);
            default:
                using (var hasher = Create(function))
                {
                    hasher.Update(content);
                    hasher.Finish(digest);
                    return hasher.DigestSize;
                }
        }
    }

    public abstract void Update(ReadOnlySpan<byte> content);

    /// <summary>Writes the digest and begins anew.</summary>
    public abstract void Finish(Span<byte> digest);

    /// <summary>Names what was hashed, and begins anew.</summary>
    public Cid FinishCid(ulong codec)
    {
        Span<byte> digest = stackalloc byte[64];
        Finish(digest);
        return Cid.FromDigest(codec, Function, digest[..DigestSize]);
    }

    public void Dispose()
    {
        Dispose(isDisposing: true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool isDisposing)
    {
    }

    private sealed class Blake3Form() : ContentHasher(HashFunctions.Blake3, Content.Blake3.HashSizeBytes)
    {
        private readonly Blake3Hasher _hasher = new();

        public override void Update(ReadOnlySpan<byte> content) => _hasher.Update(content);

        public override void Finish(Span<byte> digest)
        {
            _hasher.Finish(digest[..DigestSize]);
            _hasher.Reset();
        }
    }

    private sealed class Blake2bForm() : ContentHasher(HashFunctions.Blake2b256, Blake2bHasher.HashSizeBytes)
    {
        private readonly Blake2bHasher _hasher = new();

        public override void Update(ReadOnlySpan<byte> content) => _hasher.Update(content);

        public override void Finish(Span<byte> digest)
        {
            _hasher.Finish(digest);
            _hasher.Reset();
        }
    }

    private sealed class PlatformForm(ulong function, HashAlgorithmName name, int size) : ContentHasher(function, size)
    {
        private readonly IncrementalHash _hash = IncrementalHash.CreateHash(name);

        public override void Update(ReadOnlySpan<byte> content) => _hash.AppendData(content);

        public override void Finish(Span<byte> digest) => _hash.GetHashAndReset(digest);

        protected override void Dispose(bool isDisposing)
        {
            _hash.Dispose();
            base.Dispose(isDisposing);
        }
    }
}
