using CimStore.Content;

namespace CimStore.Locations;

/// <summary>
/// The catalog's key: what the content is, and within which domain it is shared. The CID is always v1.
/// </summary>
public readonly record struct ContentKey(DedupDomain Domain, Cid Cid)
{
    public static ContentKey Shared(in Cid cid) => new(DedupDomain.Shared, cid);
}
