namespace CimStore.Server.Configuration;

/// <summary>What moving, repairing and scrubbing may take from the node.</summary>
public sealed record BackgroundConfiguration
{
    /// <summary>
    /// What all background work together reads in a second. 100 MiB: half of what one hard disk gives, so that requests
    /// keep the other half.
    /// </summary>
    public long BytesPerSecondMax { get; init; } = 100L << 20;

    /// <summary>Contents that are moved or repaired at once: 4 x 1 MiB of buffers, and a seek for each.</summary>
    public int MovesAtOnceMax { get; init; } = 4;

    /// <summary>How often what is due is looked for. Rules count in days; a minute is soon for a repair.</summary>
    public TimeSpan Cycle { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long a copy may go unread before it is proved again.</summary>
    public TimeSpan ScrubCycle { get; init; } = TimeSpan.FromDays(30);
}
