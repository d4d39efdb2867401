using System.Collections.Immutable;

namespace CimStore.Policies;

/// <summary>
/// Where objects belong, as data: ordered rules of which the first that matches wins (D7). Policies are bound late: a
/// decision is never stamped on an object, so a new version decides anew about everything. What is wrong with a policy
/// <c>PolicyCheck</c> says; nothing is thrown for it here.
/// </summary>
public sealed record MigrationPolicy
{
    public const int RulesMax = 64;

    public static readonly TimeSpan HalfLifeMin = TimeSpan.FromHours(1);

    /// <summary>At a longer half-life two instants of 100 ns could not be told apart by the rates at them.</summary>
    public static readonly TimeSpan HalfLifeMax = TimeSpan.FromDays(365);

    public static readonly TimeSpan MinimumResidenceMax = TimeSpan.FromDays(365);

    public static readonly TimeSpan BreakEvenWithinMax = TimeSpan.FromDays(3650);

    public required string Name { get; init; }

    public int Version { get; init; } = 1;

    public FrequencyMeasure Frequency { get; init; } = FrequencyMeasure.Decayed;

    /// <summary>After how long a read counts half; what counts accesses uses it too.</summary>
    public TimeSpan HalfLife { get; init; } = TimeSpan.FromDays(7);

    /// <summary>An object that has moved stays for so long, whatever the rules say.</summary>
    public TimeSpan MinimumResidence { get; init; }

    /// <summary>
    /// A move to a colder tier must earn what it costs within so long, or within the minimum days of the target where
    /// those are more; null judges no move.
    /// </summary>
    public TimeSpan? BreakEvenWithin { get; init; }

    /// <summary>Null: no tier is ever under pressure.</summary>
    public Watermarks? Watermarks { get; init; }

    public required ImmutableArray<MigrationRule> Rules { get; init; }

    /// <summary>Where it stands in its source, 1-based; 0 for what is built in.</summary>
    public int Line { get; init; }
}
