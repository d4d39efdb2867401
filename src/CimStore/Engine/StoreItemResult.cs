namespace CimStore.Engine;

/// <summary>Exactly one of the two is set: one bad item does not fail its neighbours.</summary>
public sealed record StoreItemResult(StoreResult? Stored, Refusal? Refused);
