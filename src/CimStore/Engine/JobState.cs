namespace CimStore.Engine;

/// <summary>How far a job is. Cancelled, done and failed are ends; a failed job may be resumed.</summary>
public enum JobState : byte
{
    /// <summary>It waits for its turn, or for the time of its next try.</summary>
    Queued = 0,

    /// <summary>It runs, or ran when the process ended: who finds it so goes on from its cursor.</summary>
    Running = 1,
    Paused = 2,
    Cancelled = 3,
    Done = 4,
    Failed = 5,
}
