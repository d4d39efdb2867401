using CimStore.Locations;

namespace CimStore.Policies;

/// <summary>A <see cref="MigrationVerdict"/> without its reason.</summary>
/// <param name="Tier">The object moves when this is not the tier it is at.</param>
/// <param name="Rule">The rule that matched, also when something else keeps the object where it is.</param>
/// <param name="NextDue">See <see cref="MigrationVerdict.NextDue"/>.</param>
public readonly record struct MigrationOutlook(StorageTier Tier, string Rule, DateTimeOffset? NextDue);
