namespace CimStore.Engine;

/// <summary>How long reads took, since the node was opened. Each figure is at most a sixteenth too high.</summary>
/// <param name="Count">Reads that were measured.</param>
/// <param name="P50">Half of them took no longer; null when there were none.</param>
/// <param name="P99">99 of 100 took no longer; null when there were none.</param>
public sealed record LatencyFigures(long Count, TimeSpan? P50, TimeSpan? P99)
{
    public static readonly LatencyFigures None = new(0, null, null);
}
