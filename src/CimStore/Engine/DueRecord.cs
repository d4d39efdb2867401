using CimStore.Locations;
using CimStore.Policies;

namespace CimStore.Engine;

/// <summary>What the life-cycle knows of one object beside the catalog, and when it looks at it again.</summary>
/// <param name="Stamp">Of the policy and the state of the tiers that the date was made with.</param>
/// <param name="Due">When the policy could next change its mind; null when it never does by itself.</param>
/// <param name="Debt">Null when nothing is owed.</param>
/// <param name="VerifyBy">When the copy that went longest without proof is proved again; null when none is right.
/// </param>
public sealed record DueRecord(
    ContentKey Key, MigrationFacts Facts, uint Stamp, DateTimeOffset? Due, DebtRecord? Debt,
    DateTimeOffset? VerifyBy = null);
