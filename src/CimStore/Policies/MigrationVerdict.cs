using CimStore.Locations;

namespace CimStore.Policies;

/// <summary>Where an object belongs now.</summary>
/// <param name="Tier">The object moves when this is not the tier it is at.</param>
/// <param name="Rule">The rule that matched, also when something else keeps the object where it is.</param>
/// <param name="Reason">In words, with the numbers it saw.</param>
/// <param name="NextDue">
/// The first instant at which tier or rule differ, if the object is neither read nor moved and the tiers stay as full
/// and as dear as they are; null when they never will. Always after the instant of the decision.
/// </param>
public sealed record MigrationVerdict(StorageTier Tier, string Rule, string Reason, DateTimeOffset? NextDue);
