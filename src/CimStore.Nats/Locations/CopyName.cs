using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using CimStore.Content;
using CimStore.Locations;

namespace CimStore.Nats.Locations;

/// <summary>
/// What a copy is called in a bucket: the CID, then <c>.dTAG</c> where it belongs to one owner's domain, then
/// <c>.N</c> (2, 3...) where other copies of the same content were there before it.
/// </summary>
internal readonly record struct CopyName(ContentKey Key, int Number) : IComparable<CopyName>
{
    /// <summary>So many copies of one content may lie beside each other; there is one, except after a crash.</summary>
    public const int NumberMax = 64;

    private const int TagDigits = 16;

    public static bool TryParse(ReadOnlySpan<char> text, [NotNullWhen(true)] out CopyName? name)
    {
        name = null;
        var dot = text.IndexOf('.');
        var rest = dot < 0 ? [] : text[dot..];
        if (!Cid.TryParse(dot < 0 ? text : text[..dot], out var cid, out _) || cid.Version != 1
            || !TryTakeDomain(ref rest, out var domain) || !TryTakeNumber(ref rest, out var number)
            || !rest.IsEmpty)
        {
            return false;
        }

        var parsed = new CopyName(new ContentKey(domain, cid), number);

        // Another spelling of the same name would be another object.
        name = text.SequenceEqual(parsed.ToString()) ? parsed : null;
        return name is not null;
    }

    public override string ToString()
    {
        var domain = Key.Domain.IsShared ? "" : string.Create(CultureInfo.InvariantCulture, $".d{Key.Domain.Tag:x16}");
        var number = Number == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $".{Number}");
        return $"{Key.Cid}{domain}{number}";
    }

    /// <summary>By the CID's text, as a location lists its copies.</summary>
    public int CompareTo(CopyName other) =>
        (Key.Cid, Key.Domain.Tag, Number).CompareTo((other.Key.Cid, other.Key.Domain.Tag, other.Number));

    public bool IsBehind(ContentKey? after) => after is not { } last
        || (Key.Cid, Key.Domain.Tag).CompareTo((last.Cid, last.Domain.Tag)) > 0;

    private static bool TryTakeDomain(ref ReadOnlySpan<char> rest, out DedupDomain domain)
    {
        domain = DedupDomain.Shared;
        if (!rest.StartsWith(".d"))
        {
            return true;
        }

        if (rest.Length < 2 + TagDigits || !ulong.TryParse(
            rest.Slice(2, TagDigits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var tag))
        {
            return false;
        }

        domain = new DedupDomain(tag);
        rest = rest[(2 + TagDigits)..];
        return true;
    }

    private static bool TryTakeNumber(ref ReadOnlySpan<char> rest, out int number)
    {
        number = 1;
        if (rest.IsEmpty)
        {
            return true;
        }

        var isNumber = rest[0] == '.'
            && int.TryParse(rest[1..], NumberStyles.None, CultureInfo.InvariantCulture, out number)
            && number is > 1 and <= NumberMax;
        rest = isNumber ? [] : rest;
        return isNumber;
    }
}
