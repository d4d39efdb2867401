namespace CimStore.Bench.Store;

/// <summary>One line of "numbers to reach": what was asked, what was found; null when it is only reported.</summary>
internal sealed record Verdict(string What, string Target, string Found, bool? IsReached);
