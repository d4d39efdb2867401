using System.Globalization;
using CimStore.Content;

namespace CimStore.S3;

/// <summary>The names of our objects: see docs/formats/s3-objects.md.</summary>
internal sealed class S3Keys(string prefix)
{
    private const int IncarnationDigits = 16;

    public string Contents { get; } = prefix + "c/";

    public string Trees { get; } = prefix + "t/";

    public string Probes { get; } = prefix + "probe/";

    /// <summary>Says whose all of it is.</summary>
    public string Marker { get; } = prefix + "cimstore-location.json";

    public string Content(in Cid cid, ulong incarnation) => $"{ContentsOf(cid)}{incarnation:x16}";

    public string Tree(in Cid cid, ulong incarnation) => $"{Trees}{cid}.{incarnation:x16}";

    /// <summary>What the names of all copies of one content begin with. They come in the order of the CIDs' text, since
    /// the dot is less than any character of it.</summary>
    public string ContentsOf(in Cid cid) => $"{Contents}{cid}.";

    /// <returns>False for a name that we would not have given.</returns>
    public static bool TryParse(string folder, string key, out Cid cid, out ulong incarnation)
    {
        (cid, incarnation) = (default, 0);
        if (!key.StartsWith(folder, StringComparison.Ordinal))
        {
            return false;
        }

        var name = key.AsSpan(folder.Length);
        var dot = name.IndexOf('.');
        return dot > 0
            && name.Length == dot + 1 + IncarnationDigits
            && ulong.TryParse(
                name[(dot + 1)..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out incarnation)
            && Cid.TryParse(name[..dot], out cid, out _)
            && cid.Version == 1
            && name.SequenceEqual($"{cid}.{incarnation:x16}");
    }
}
