using CimStore.Locations;
using CimStore.Policies;

namespace CimStore.Engine;

/// <summary>Asks the policy about one object, and says when to ask again.</summary>
internal sealed record DueDating(MigrationPolicy Policy, MigrationEnvironment Environment)
{
    private const uint FnvOffset = 2166136261;
    private const uint FnvPrime = 16777619;

    private static readonly TimeSpan RetryFailed = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan RetryRefused = TimeSpan.FromHours(1);

    /// <summary>
    /// Another policy, another tier or another pressure is another number: what was dated with one that is not this is
    /// dated anew.
    /// </summary>
    public uint Stamp { get; } = StampOf(Policy, Environment);

    public MigrationVerdict Ask(MigrationFacts facts, DateTimeOffset now) =>
        MigrationDecision.Decide(Policy, facts, Environment, now);

    /// <summary>Without the reason, which costs more than the answer: most of what is due stays where it is.</summary>
    public MigrationOutlook Look(MigrationFacts facts, DateTimeOffset now) =>
        MigrationDecision.Look(Policy, facts, Environment, now);

    public DueRecord Date(DueRecord record, DateTimeOffset now)
    {
        var outlook = Look(record.Facts, now);
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

    private static uint StampOf(MigrationPolicy policy, MigrationEnvironment environment)
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

        return hash;
    }
}
