namespace CimStore.Policies;

/// <param name="Reason">Why, in words; also when it is allowed.</param>
public sealed record ReleaseVerdict(bool IsAllowed, string Reason);
