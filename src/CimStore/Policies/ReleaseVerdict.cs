namespace CimStore.Policies;

/// <param name="Reason">Why, in words; also when it is allowed.</param>
public sealed record ReleaseVerdict(bool IsAllowed, string Reason)
{
    /// <summary>Nothing stands in the way but what passes, such as readers: soon it is allowed.</summary>
    public bool IsForNow { get; init; }
}
