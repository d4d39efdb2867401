namespace CimStore.Locations;

/// <summary>
/// Inside one domain equal bytes are stored once. There is the shared domain, and one per owner whose content is under
/// an owner key (D21). The tag is an opaque number given when the owner key is made; 0 is the shared domain.
/// </summary>
public readonly record struct DedupDomain(ulong Tag)
{
    public static readonly DedupDomain Shared;

    public bool IsShared => Tag == 0;
}
