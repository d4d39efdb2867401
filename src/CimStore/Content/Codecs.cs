using System.Globalization;

namespace CimStore.Content;

/// <summary>Multicodec codes of content: how the bytes behind a CID are to be read.</summary>
public static class Codecs
{
    public const ulong Cbor = 0x51;
    public const ulong Raw = 0x55;
    public const ulong DagPb = 0x70;
    public const ulong DagCbor = 0x71;
    public const ulong Libp2pKey = 0x72;
    public const ulong DagJose = 0x85;
    public const ulong DagJson = 0x0129;
    public const ulong Json = 0x0200;
    public const ulong Car = 0x0202;

    /// <summary>First code of the private-use range, where the codecs of CIM live.</summary>
    public const ulong CimFirst = 0x300000;

    public const ulong CimLast = 0x3FFFFF;

    private static readonly Dictionary<ulong, string> Names = new()
    {
        [Cbor] = "cbor",
        [Raw] = "raw",
        [DagPb] = "dag-pb",
        [DagCbor] = "dag-cbor",
        [Libp2pKey] = "libp2p-key",
        [0x78] = "git-raw",
        [DagJose] = "dag-jose",
        [0x86] = "dag-cose",
        [0x90] = "eth-block",
        [0xb0] = "bitcoin-block",
        [DagJson] = "dag-json",
        [Json] = "json",
        [Car] = "car",
    };

    private static readonly Dictionary<string, ulong> Codes = CodesByName();

    public static bool IsCim(ulong codec) => codec is >= CimFirst and <= CimLast;

    /// <summary>True when new content may be named with this codec. Any other code is read as opaque.</summary>
    public static bool IsMintable(ulong codec) => Names.ContainsKey(codec) || IsCim(codec);

    /// <summary>The registered name, or the code in hexadecimal, which <see cref="TryParse"/> reads back.</summary>
    public static string Name(ulong codec) => Names.TryGetValue(codec, out var name)
        ? name
        : string.Create(CultureInfo.InvariantCulture, $"0x{codec:x}");

    /// <summary>Reads a registered name or a hexadecimal code such as <c>0x300000</c>.</summary>
    public static bool TryParse(string? text, out ulong codec)
    {
        codec = 0;
        if (text is null || Codes.TryGetValue(text, out codec))
        {
            return text is not null;
        }

        return text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
            && ulong.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out codec)
            && codec <= UnsignedVarint.ValueMax;
    }

    private static Dictionary<string, ulong> CodesByName()
    {
        var codes = new Dictionary<string, ulong>(StringComparer.Ordinal);
        foreach (var (code, name) in Names)
        {
            codes[name] = code;
        }

        return codes;
    }
}
