namespace CimStore.Policies;

/// <param name="Reason">Why, in words; also when it is allowed.</param>
public sealed record ReleaseVerdict(bool IsAllowed, string Reason)
{
    /// <summary>Nothing but readers stands in the way: soon it is allowed.</summary>
    public bool IsForReaders { get; init; }
}
