using System.Security.Cryptography;
using CimStore.Content;

namespace CimStore.Http;

/// <summary>Hashes what arrives and compares it with the CID. Functions that we cannot compute prove nothing.</summary>
internal sealed class ContentProof : IDisposable
{
    private readonly Cid _cid;
    private readonly Blake3Hasher? _blake3;
    private readonly IncrementalHash? _sha2;

    public ContentProof(Cid cid)
    {
        _cid = cid;
        _blake3 = cid.HashFunction == HashFunctions.Blake3 ? new Blake3Hasher() : null;
        _sha2 = cid.HashFunction switch
        {
            HashFunctions.Sha256 => IncrementalHash.CreateHash(HashAlgorithmName.SHA256),
            HashFunctions.Sha512 => IncrementalHash.CreateHash(HashAlgorithmName.SHA512),
            _ => null,
        };
    }

    public void Add(ReadOnlySpan<byte> bytes)
    {
        _blake3?.Update(bytes);
        _sha2?.AppendData(bytes);
    }

    public bool Holds()
    {
        Span<byte> digest = stackalloc byte[64];
        digest = digest[..Math.Min(digest.Length, _cid.Digest.Length)];
        if (_blake3 is not null)
        {
            _blake3.Finish(digest);
        }
        else if (_sha2 is not null)
        {
            digest = digest[.._sha2.GetHashAndReset(digest)];
        }
        else
        {
            return true;
        }

        return digest.SequenceEqual(_cid.Digest);
    }

    public void Dispose() => _sha2?.Dispose();
}
