using System.Globalization;

namespace CimStore.Content;

/// <summary>Multihash codes: which function made the digest in a CID.</summary>
public static class HashFunctions
{
    /// <summary>The digest is the content itself.</summary>
    public const ulong Identity = 0x00;

    public const ulong Sha1 = 0x11;
    public const ulong Sha256 = 0x12;
    public const ulong Sha512 = 0x13;
    public const ulong Sha3Bits512 = 0x14;
    public const ulong Sha3Bits384 = 0x15;
    public const ulong Sha3Bits256 = 0x16;
    public const ulong Blake3 = 0x1e;
    public const ulong Sha384 = 0x20;
    public const ulong Blake2b256 = 0xb220;

    /// <summary>True when new content may be named with this function.</summary>
    public static bool IsMintable(ulong function) => function is Identity or Sha256 or Sha512 or Blake3;

    public static string Name(ulong function) => function switch
    {
        Identity => "identity",
        Sha1 => "sha1",
        Sha256 => "sha2-256",
        Sha512 => "sha2-512",
        Sha3Bits512 => "sha3-512",
        Sha3Bits384 => "sha3-384",
        Sha3Bits256 => "sha3-256",
        Blake3 => "blake3",
        Sha384 => "sha2-384",
        Blake2b256 => "blake2b-256",
        _ => string.Create(CultureInfo.InvariantCulture, $"0x{function:x}"),
    };

    /// <summary>The digest size of names made here; BLAKE3 could give any, and gives 32.</summary>
    internal static int MintedDigestSize(ulong function) => function == Blake3 ? 32 : DigestSize(function) ?? 0;

    /// <summary>
    /// The longest digest the function gives, or null when it is unknown here or has no fixed length.
    /// </summary>
    public static int? DigestSize(ulong function) => function switch
    {
        Sha1 => 20,
        Sha256 or Sha3Bits256 or Blake2b256 => 32,
        Sha384 or Sha3Bits384 => 48,
        Sha512 or Sha3Bits512 => 64,
        _ => null,
    };
}
