using System.Collections.Immutable;

namespace CimStore.Engine;

/// <summary>What one cycle of the scavenger did.</summary>
/// <param name="Followed">Journal entries read.</param>
/// <param name="Looked">Objects that were due and were decided about.</param>
/// <param name="Moved">Objects that changed their tier.</param>
/// <param name="NotMoved">Objects that should have, and could not; they are tried again.</param>
/// <param name="DebtsPaid">Objects that have all their copies and parts now.</param>
/// <param name="DebtsLeft">Objects tried in vain; they are tried again, later each time.</param>
/// <param name="Redated">Objects dated anew for another policy or pressure.</param>
/// <param name="IsRedating">More of those are left for the next cycles.</param>
public sealed record CycleResult(
    long Followed, int Looked, int Moved, int NotMoved, int DebtsPaid, int DebtsLeft, int Redated, bool IsRedating)
{
    /// <summary>Copies given up at locations that were full; their objects have enough elsewhere.</summary>
    public int Evicted { get; init; }

    /// <summary>How many of those not moved for which reason; the words are for ever.</summary>
    public IReadOnlyDictionary<string, int> NotMovedBecause { get; init; } =
        ImmutableSortedDictionary<string, int>.Empty;

    /// <summary>How many that were due the policy left where they are, and why.</summary>
    public IReadOnlyDictionary<string, int> StayedBecause { get; init; } =
        ImmutableSortedDictionary<string, int>.Empty;
}
