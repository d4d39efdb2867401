namespace CimStore.Objects;

/// <summary>Why content is kept: a name in a namespace, or (without a name) an explicit pin.</summary>
public sealed record Reference(OwnerId Owner, NamespaceId Namespace, string? Name)
{
    /// <summary>
    /// Where names and objects are not changed at once: the revision of the name that the change giving the object this
    /// reference was decided on. The reference is pending while the name is at that revision, live when the name names
    /// the object and was there before, and of no account otherwise: a change decided on it can never succeed. None
    /// elsewhere.
    /// </summary>
    public Lsn Base { get; init; }
}
