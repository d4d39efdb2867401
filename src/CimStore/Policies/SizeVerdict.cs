namespace CimStore.Policies;

public sealed record SizeVerdict(SizeHome Home, string Reason);
