namespace CimStore.Engine;

/// <summary>What jobs may take of the node. What exists is valid: setters check their range.</summary>
public sealed class JobRunnerOptions
{
    /// <summary>Two, so that a long drain does not hold up a short list of CIDs.</summary>
    public int JobsAtOnceMax { get; set => field = Within(value, 1, 16); } = 2;

    /// <summary>Of one job.</summary>
    public int ObjectsAtOnceMax { get; set => field = Within(value, 1, 256); } = 4;

    /// <summary>A crash repeats the look at so many objects at most; what was done to them is found done.</summary>
    public int ObjectsPerCheckpoint { get; set => field = Within(value, 1, 1_000_000); } = 256;

    /// <summary>Also after this time, for who watches.</summary>
    public TimeSpan CheckpointInterval { get; set => field = Within(value); } = TimeSpan.FromSeconds(5);

    /// <summary>Tries in vain before a job counts as failed: with waits up to the longest, about five hours.</summary>
    public int AttemptsMax { get; set => field = Within(value, 1, 1000); } = 16;

    public TimeSpan RetryDelayMax { get; set => field = Within(value); } = TimeSpan.FromHours(1);

    private static int Within(int value, int first, int last) => value >= first && value <= last
        ? value
        : throw new ArgumentOutOfRangeException(nameof(value), value, $"{first} to {last}.");

    private static TimeSpan Within(TimeSpan value) => value >= TimeSpan.Zero && value <= TimeSpan.FromDays(1)
        ? value
        : throw new ArgumentOutOfRangeException(nameof(value), value, "Up to a day.");
}
