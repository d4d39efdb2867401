namespace CimStore.Content;

/// <summary>The exact entry at which a chain is broken.</summary>
/// <param name="Entry">The name that its successor, or the head, has for it.</param>
/// <param name="Sequence">Its place, or null when the head itself is broken.</param>
/// <param name="Problem">What is wrong with it.</param>
public sealed record ChainBreak(Cid Entry, long? Sequence, string Problem);
