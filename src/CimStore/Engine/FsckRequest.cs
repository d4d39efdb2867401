namespace CimStore.Engine;

/// <summary>How the catalog and what lies at the locations are compared.</summary>
public sealed record FsckRequest
{
    /// <summary>
    /// Mends: makes missing copies again, takes back a copy nobody referred to where an object has no other that
    /// proves, and releases copies that nobody refers to while their object is safe without them, or deleted.
    /// </summary>
    public bool IsMending { get; init; }

    /// <summary>
    /// Releases also copies of objects that the catalog never heard of. They may be all that is left of a catalog that
    /// was lost: whoever sets this knows that it was not.
    /// </summary>
    public bool ReleasesUnknown { get; init; }

    /// <summary>Goes on where an earlier run was cut: its last <see cref="CheckStep.Working.Cursor"/>.</summary>
    public string? After { get; init; }
}
