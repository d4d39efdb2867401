using CimStore.Locations;
using CimStore.Policies;

namespace CimStore.Engine;

/// <summary>Asks the policy about one object, and says when to ask again.</summary>
/// <param name="Policy">The rules.</param>
/// <param name="Environment">What they see of the tiers.</param>
/// <param name="FullTiers">The tiers, a bit each, that take nothing now.</param>
internal sealed record DueDating(MigrationPolicy Policy, MigrationEnvironment Environment, uint FullTiers = 0)
{
    private const uint FnvOffset = 2166136261;
    private const uint FnvPrime = 16777619;

    private static readonly TimeSpan RetryFailed = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan RetryRefused = TimeSpan.FromHours(1);

    /// <summary>
    /// Another policy, another tier or another pressure is another number, and so is a tier that takes nothing: what
    /// was dated with one that is not this is dated anew. What a full tier refused waits for an hour, but no longer
    /// than until the tier takes something again.
    /// </summary>
    public uint Stamp { get; } = StampOf(Policy, Environment, FullTiers);

    public MigrationVerdict Ask(MigrationFacts facts, DateTimeOffset now) =>
        MigrationDecision.Decide(Policy, facts, Environment, now);

    /// <summary>Without the reason, which costs more than the answer: most of what is due stays where it is.</summary>
    public MigrationOutlook Look(MigrationFacts facts, DateTimeOffset now, out MigrationHold hold) =>
        MigrationDecision.Look(Policy, facts, Environment, now, out hold);

    public DueRecord Date(DueRecord record, DateTimeOffset now)
    {
        var outlook = Look(record.Facts, now, out _);
        return record with
        {
            Stamp = Stamp,
            Due = outlook.Tier == record.Facts.Tier ? outlook.NextDue : now,
        };
    }

    /// <summary>Until the journal tells of the move, or it is tried again.</summary>
    public static DateTimeOffset AfterTry(MoveResult result, DateTimeOffset now) => result switch
    {
        MoveResult.Refused => now + RetryRefused,
        _ => now + RetryFailed,
    };

    private static uint StampOf(MigrationPolicy policy, MigrationEnvironment environment, uint fullTiers)
    {
        var hash = FnvOffset;
        foreach (var letter in policy.Name)
        {
            hash = (hash ^ letter) * FnvPrime;
        }

        hash = (hash ^ (uint)policy.Version) * FnvPrime;
        foreach (var tier in Enum.GetValues<StorageTier>())
        {
            var state = environment.Find(tier) is null ? 0u : 1u + (uint)environment.PressureOf(tier, policy);
            hash = (hash ^ state) * FnvPrime;
        }

        return fullTiers == 0 ? hash : (hash ^ fullTiers) * FnvPrime;
    }
}
