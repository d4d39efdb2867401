using CimStore.Content;
using CimStore.Objects;

namespace CimStore.Engine;

/// <summary>One piece of long work: what it is, how far it came, and what it last failed with.</summary>
public sealed record JobRecord
{
    /// <summary>A UUIDv7: jobs in the order of their ids are in the order in which they were asked for.</summary>
    public required MessageId Id { get; init; }

    public required JobArguments Arguments { get; init; }

    public JobState State { get; init; }

    /// <summary>Objects looked at in this pass.</summary>
    public long Done { get; init; }

    /// <summary>Objects that the pass will look at, as far as is known; null before the first.</summary>
    public long? Total { get; init; }

    /// <summary>Objects of which a copy was made or given up, over all passes.</summary>
    public long Changed { get; init; }

    /// <summary>The size of those.</summary>
    public long SizeBytes { get; init; }

    /// <summary>Objects of this pass that could not be dealt with.</summary>
    public long Left { get; init; }

    /// <summary>Those of them that another pass may deal with: a location failed, or somebody was reading.</summary>
    public long LeftForRetry { get; init; }

    /// <summary>The last object before which everything was looked at; null at the beginning of a pass.</summary>
    public Cid? Cursor { get; init; }

    /// <summary>Tries in vain since something was last done.</summary>
    public int Attempts { get; init; }

    /// <summary>It is not tried before this instant.</summary>
    public DateTimeOffset? NextTry { get; init; }

    /// <summary>What it last failed with, or what remains to be said; null when nothing does.</summary>
    public string? LastError { get; init; }

    public required DateTimeOffset Created { get; init; }

    public required DateTimeOffset Updated { get; init; }

    public bool IsFinished => State is JobState.Done or JobState.Failed or JobState.Cancelled;
}
