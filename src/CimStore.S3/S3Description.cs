using System.Globalization;
using System.Text;
using CimStore.Content;
using CimStore.Locations;

namespace CimStore.S3;

/// <summary>What an object of ours says of itself, in its metadata: see docs/formats/s3-objects.md.</summary>
/// <param name="Manifest">With the incarnation, and the stored size only where it is another one.</param>
/// <param name="Created">When it was sealed.</param>
/// <param name="TreeBytes">Of the tree beside it; 0 where there is none.</param>
/// <param name="TreeTag">The tree's checksum, as S3 makes ETags; null where there is none.</param>
/// <param name="PartBytes">How it was cut for its checksum.</param>
/// <param name="TreePartBytes">How the tree was cut for its checksum.</param>
/// <param name="Tag">The checksum of what is stored, as S3 makes ETags.</param>
internal sealed record S3Description(
    CopyManifest Manifest, DateTimeOffset Created, long TreeBytes, string? TreeTag, long PartBytes,
    long TreePartBytes, string Tag)
{
    public const int KeyIdBytesMax = 255;
    private const string Version = "1";
    private const string Prefix = "cimstore-";
    private const int CheckDigits = 16;

    // In the order in which the check takes them.
    private static readonly string[] Names =
    [
        "format", "cid", "domain", "root", "size", "stored", "compression", "encryption", "key-id", "incarnation",
        "created", "tree", "tree-md5", "part", "tree-part", "md5",
    ];

    public long StoredBytes => Manifest.StoredBytes ?? Manifest.SizeBytes;

    public bool HasTree => TreeBytes > 0;

    public IReadOnlyDictionary<string, string> Write()
    {
        var header = Manifest.Header;
        string[] values =
        [
            Version, Manifest.Key.Cid.ToString(), Hex(Manifest.Key.Domain.Tag), Manifest.Root.ToString(),
            Decimal(Manifest.SizeBytes), Decimal(StoredBytes), Decimal(header.Compression), Decimal(header.Encryption),
            header.KeyId is { } id ? "=" + Uri.EscapeDataString(id) : "-", Hex(Manifest.Incarnation),
            Decimal(Created.ToUnixTimeMilliseconds()), Decimal(TreeBytes), TreeTag ?? "-", Decimal(PartBytes),
            Decimal(TreePartBytes), Tag,
        ];
        var metadata = new Dictionary<string, string>(Names.Length + 1);
        for (var index = 0; index < Names.Length; index++)
        {
            metadata.Add(Prefix + Names[index], values[index]);
        }

        metadata.Add(Prefix + "check", CheckOf(values));
        return metadata;
    }

    /// <param name="cid">The CID in the object's name.</param>
    /// <param name="incarnation">The incarnation in the object's name.</param>
    /// <param name="length">How long the object is.</param>
    /// <param name="find">A value of the metadata by its name.</param>
    /// <param name="fault">Why it is not taken for ours; null when it is.</param>
    public static S3Description? Read(
        in Cid cid, ulong incarnation, long length, Func<string, string?> find, out string? fault)
    {
        var values = new string[Names.Length];
        for (var index = 0; index < Names.Length; index++)
        {
            if (find(Prefix + Names[index]) is not { } value)
            {
                fault = $"Its metadata lacks {Prefix}{Names[index]}.";
                return null;
            }

            values[index] = value;
            if (index == 0 && value != Version)
            {
                fault = $"Its format is {value}; this version of CimStore reads {Version}.";
                return null;
            }
        }

        if (find(Prefix + "check") != CheckOf(values))
        {
            fault = "Its metadata was changed: the check over it is another one.";
            return null;
        }

        var read = Parse(values);
        fault = read switch
        {
            null => "Its metadata cannot be read.",
            _ when read.Manifest.Key.Cid != cid || read.Manifest.Incarnation != incarnation =>
                $"Its metadata is that of {values[1]}.{values[9]}.",
            _ when read.StoredBytes != length => $"It has {length} bytes, and its metadata says {read.StoredBytes}.",
            _ => null,
        };
        return fault is null ? read : null;
    }

    private static S3Description? Parse(string[] values)
    {
        try
        {
            var keyId = values[8] == "-" ? null : Uri.UnescapeDataString(values[8][1..]);
            var header = new CopyHeader(Byte(values[6]), Byte(values[7]), keyId);
            var size = Long(values[4]);
            var stored = Long(values[5]);
            var manifest = new CopyManifest(
                new ContentKey(new DedupDomain(FromHex(values[2])), Cid.Parse(values[1])), size, Cid.Parse(values[3]))
            {
                Header = header == CopyHeader.Plain ? CopyHeader.Plain : header,
                StoredBytes = stored == size ? null : stored,
                Incarnation = FromHex(values[9]),
            };
            return new S3Description(
                manifest, DateTimeOffset.FromUnixTimeMilliseconds(Long(values[10])), Long(values[11]),
                values[12] == "-" ? null : values[12], Long(values[13]), Long(values[14]),
                values[15]);
        }
        catch (Exception failure) when (failure is FormatException or OverflowException or ArgumentException)
        {
            return null;
        }
    }

    private static string CheckOf(string[] values)
    {
        var text = new StringBuilder();
        for (var index = 0; index < Names.Length; index++)
        {
            text.Append(Names[index]).Append('=').Append(values[index]).Append('\n');
        }

        Span<byte> hash = stackalloc byte[Blake3.HashSizeBytes];
        Blake3.Hash(Encoding.UTF8.GetBytes(text.ToString()), hash);
        return Convert.ToHexStringLower(hash)[..CheckDigits];
    }

    private static string Decimal(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Hex(ulong value) => value.ToString("x16", CultureInfo.InvariantCulture);

    private static long Long(string text) => long.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);

    private static byte Byte(string text) => byte.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);

    private static ulong FromHex(string text) =>
        ulong.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
