using System.Globalization;
using CimStore.Content;
using CimStore.Locations;

namespace CimStore.Nats.Locations;

/// <summary>What a copy says of itself, as text: an object's metadata or a message's headers.</summary>
internal static class CopyMetadata
{
    /// <summary>Its presence says that the copy is one of ours.</summary>
    public const string FormatKey = "cimstore-format";

    public const string Format = "1";

    private const string CidKey = "cimstore-cid";
    private const string DomainKey = "cimstore-domain";
    private const string RootKey = "cimstore-root";
    private const string SizeKey = "cimstore-size";
    private const string StoredKey = "cimstore-stored";
    private const string CompressionKey = "cimstore-compression";
    private const string EncryptionKey = "cimstore-encryption";
    private const string KeyIdKey = "cimstore-key-id";
    private const string CreatedKey = "cimstore-created";

    public static Dictionary<string, string> Write(CopyManifest manifest, DateTimeOffset created)
    {
        var text = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            [FormatKey] = Format,
            [CidKey] = manifest.Key.Cid.ToString(),
            [RootKey] = manifest.Root.ToString(),
            [SizeKey] = Text(manifest.SizeBytes),
            [CompressionKey] = Text(manifest.Header.Compression),
            [EncryptionKey] = Text(manifest.Header.Encryption),
            [CreatedKey] = created.UtcDateTime.ToString("O", CultureInfo.InvariantCulture),
        };
        if (!manifest.Key.Domain.IsShared)
        {
            text[DomainKey] = manifest.Key.Domain.Tag.ToString("x16", CultureInfo.InvariantCulture);
        }

        if (manifest.StoredBytes is { } stored)
        {
            text[StoredKey] = Text(stored);
        }

        if (manifest.Header.KeyId is { } keyId)
        {
            // A key's name may have characters that a header may not.
            text[KeyIdKey] = Uri.EscapeDataString(keyId);
        }

        return text;
    }

    public static bool IsOurs(IReadOnlyDictionary<string, string>? text) => text?.ContainsKey(FormatKey) == true;

    /// <param name="text">With <see cref="FormatKey"/>.</param>
    /// <param name="name">What the copy is called.</param>
    /// <param name="incarnation">The number of the message that makes the copy.</param>
    /// <exception cref="IntegrityException">It does not say what it must, or of another content.</exception>
    public static (CopyManifest Manifest, DateTimeOffset Created) Read(
        IReadOnlyDictionary<string, string> text, CopyName name, ulong incarnation)
    {
        if (text[FormatKey] != Format)
        {
            throw new IntegrityException(
                $"The copy '{name}' has format {text[FormatKey]}; this version reads format {Format}.");
        }

        if (text.GetValueOrDefault(CidKey) == name.Key.Cid.ToString()
            && DomainOf(text) == name.Key.Domain
            && Cid.TryParse(text.GetValueOrDefault(RootKey), out var root)
            && Number(text, SizeKey) is { } size
            && Number(text, CompressionKey) is { } compression and <= byte.MaxValue
            && Number(text, EncryptionKey) is { } encryption and <= byte.MaxValue
            && DateTimeOffset.TryParse(
                text.GetValueOrDefault(CreatedKey), CultureInfo.InvariantCulture,
                DateTimeStyles.RoundtripKind, out var created))
        {
            var keyId = text.TryGetValue(KeyIdKey, out var escaped) ? Uri.UnescapeDataString(escaped) : null;
            return (
                new CopyManifest(name.Key, size, root)
                {
                    Header = new CopyHeader((byte)compression, (byte)encryption, keyId),
                    StoredBytes = Number(text, StoredKey),
                    Incarnation = incarnation,
                },
                created);
        }

        throw new IntegrityException($"The copy '{name}' does not say what it is, or says it is of another content.");
    }

    public static long? Number(IReadOnlyDictionary<string, string> text, string key) =>
        text.TryGetValue(key, out var digits)
        && long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    public static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static DedupDomain? DomainOf(IReadOnlyDictionary<string, string> text) =>
        !text.TryGetValue(DomainKey, out var hex) ? DedupDomain.Shared
        : ulong.TryParse(hex, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var tag)
            ? new DedupDomain(tag) : null;
}
