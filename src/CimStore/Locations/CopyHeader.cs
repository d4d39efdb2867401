namespace CimStore.Locations;

/// <summary>
/// How a location stores a copy, said explicitly and never sniffed (D10). The CID always names the plaintext.
/// </summary>
/// <param name="Compression">0 none, 1 zstd (seekable frames).</param>
/// <param name="Encryption">0 none, 1 AES-256-GCM chunked, 2 ChaCha20-Poly1305 chunked.</param>
/// <param name="KeyId">The key the copy is encrypted with; null when it is not.</param>
public sealed record CopyHeader(byte Compression, byte Encryption, string? KeyId)
{
    public static readonly CopyHeader Plain = new(0, 0, null);
}
