using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace CimStore.Content;

/// <summary>What every compression of one hash shares: the key words, the mode's flag and the path.</summary>
internal unsafe struct Blake3Mode
{
    public fixed uint Key[8];
    public uint Flags;
    public Blake3Path Path;

    public static Blake3Mode Plain(Blake3Path path) => Create(Blake3Words.Iv, 0, path);

    public static Blake3Mode Keyed(ReadOnlySpan<byte> key, Blake3Path path)
    {
        if (key.Length != Blake3Words.KeySizeBytes)
        {
            throw new ArgumentException($"A BLAKE3 key has 32 bytes, not {key.Length}.", nameof(key));
        }

        return Create(MemoryMarshal.Cast<byte, uint>(key), Blake3Words.KeyedHash, path);
    }

    /// <summary>The mode that hashes key material; its key is the hash of the context.</summary>
    public static Blake3Mode DeriveKey(string context, Blake3Path path)
    {
        ArgumentNullException.ThrowIfNull(context);
        Span<byte> key = stackalloc byte[Blake3Words.KeySizeBytes];
        Blake3.Hash(
            Create(Blake3Words.Iv, Blake3Words.DeriveKeyContext, path),
            Encoding.UTF8.GetBytes(context),
            key);
        var mode = Create(MemoryMarshal.Cast<byte, uint>(key), Blake3Words.DeriveKeyMaterial, path);
        CryptographicOperations.ZeroMemory(key);
        return mode;
    }

    private static Blake3Mode Create(ReadOnlySpan<uint> key, uint flags, Blake3Path path)
    {
        var mode = new Blake3Mode { Flags = flags, Path = path };
        key.CopyTo(MemoryMarshal.CreateSpan(ref mode.Key[0], 8));
        return mode;
    }
}
