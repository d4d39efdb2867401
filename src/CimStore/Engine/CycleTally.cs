using CimStore.Policies;

namespace CimStore.Engine;

/// <summary>Why objects that were due in a cycle are where they were, counted; moves run side by side.</summary>
internal sealed class CycleTally
{
    private readonly int[] _notMoved = new int[Enum.GetValues<MoveHindrance>().Length];
    private readonly int[] _stayed = new int[Enum.GetValues<MigrationHold>().Length];

    public void Clear()
    {
        Array.Clear(_notMoved);
        Array.Clear(_stayed);
    }

    /// <summary>One that was to move, and could not.</summary>
    public void NotMoved(MoveHindrance hindrance) => Interlocked.Increment(ref _notMoved[(int)hindrance]);

    /// <summary>One that the policy leaves where it is.</summary>
    public void Stayed(MigrationHold hold) => Interlocked.Increment(ref _stayed[(int)hold]);

    public CycleResult AddTo(CycleResult result) => result with
    {
        NotMovedBecause = Counted(_notMoved, static hindrance => WordOf((MoveHindrance)hindrance)),
        StayedBecause = Counted(_stayed, static hold => WordOf((MigrationHold)hold)),
    };

    private static SortedDictionary<string, int> Counted(int[] counts, Func<int, string> word)
    {
        var words = new SortedDictionary<string, int>(StringComparer.Ordinal);
        for (var index = 0; index < counts.Length; index++)
        {
            if (counts[index] > 0)
            {
                words[word(index)] = words.GetValueOrDefault(word(index)) + counts[index];
            }
        }

        return words;
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
}
