namespace CimStore.Engine;

/// <summary>How the catalog and what lies at the locations are compared.</summary>
public sealed record FsckRequest
{
    /// <summary>
    /// Mends: makes missing copies again, takes back a copy nobody referred to where an object has fewer than its class
    /// requires, and releases copies that nobody refers to while their object has enough proved ones, or is deleted.
    /// </summary>
    public bool IsMending { get; init; }

    /// <summary>
    /// Releases also copies of objects that the catalog never heard of. They may be all that is left of a catalog that
    /// was lost: whoever sets this knows that it was not.
    /// </summary>
    public bool ReleasesUnknown { get; init; }

    /// <summary>At the pace of the scrub, for who does it beside other work.</summary>
    public bool IsPaced { get; init; }

    /// <summary>Goes on where an earlier run was cut: its last <see cref="CheckStep.Working.Cursor"/>.</summary>
    public string? After { get; init; }
}
