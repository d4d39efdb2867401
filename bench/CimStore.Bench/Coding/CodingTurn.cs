namespace CimStore.Bench.Coding;

/// <summary>One stripe by one contender, over and over.</summary>
internal sealed record CodingTurn(string Row, string Contender, Action Code);
