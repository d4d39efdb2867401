using CimStore.Policies;

namespace CimStore.Engine;

/// <summary>Why objects that were due in a cycle are where they were, counted; moves run side by side.</summary>
internal sealed class CycleTally
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, int> _notMoved = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, int> _stayed = new(StringComparer.Ordinal);

    public void Clear()
    {
        lock (_gate)
        {
            _notMoved.Clear();
            _stayed.Clear();
        }
    }

    /// <summary>One that was to move, and could not.</summary>
    public void NotMoved(MoveHindrance hindrance) => Count(_notMoved, WordOf(hindrance));

    /// <summary>One that the policy leaves where it is.</summary>
    public void Stayed(MigrationHold hold) => Count(_stayed, WordOf(hold));

    public CycleResult AddTo(CycleResult result)
    {
        lock (_gate)
        {
            return result with
            {
                NotMovedBecause = new SortedDictionary<string, int>(_notMoved, StringComparer.Ordinal),
                StayedBecause = new SortedDictionary<string, int>(_stayed, StringComparer.Ordinal),
            };
        }
    }

    private static string WordOf(MoveHindrance hindrance) => hindrance switch
    {
        MoveHindrance.LocationAway => "location-away",
        MoveHindrance.LocationFull => "location-full",
        MoveHindrance.LocationBusy => "location-busy",
        MoveHindrance.NoLocation => "no-location",
        MoveHindrance.RegionDenied => "region-denied",
        MoveHindrance.ReleaseGate => "release-gate",
        _ => "failed",
    };

    private static string WordOf(MigrationHold hold) => hold switch
    {
        MigrationHold.Residence => "minimum-residence",
        MigrationHold.TargetIsFilling => "target-filling",
        MigrationHold.BreakEven => "break-even",
        _ => "right-there",
    };

    private void Count(SortedDictionary<string, int> counts, string word)
    {
        lock (_gate)
        {
            counts[word] = counts.GetValueOrDefault(word) + 1;
        }
    }
}
