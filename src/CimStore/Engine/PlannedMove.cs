using CimStore.Locations;

namespace CimStore.Engine;

/// <summary>A move that the policy asks for, and why.</summary>
public sealed record PlannedMove(ContentKey Key, StorageTier From, StorageTier To, string Rule, string Reason);
