using System.Collections.Immutable;

namespace CimStore.Objects;

/// <summary>What was true at the acknowledgement (D12).</summary>
public sealed record DurabilityReceipt
{
    public required ConsistencyLevel Level { get; init; }

    public required DurabilityClass Class { get; init; }

    /// <summary>Where verified copies existed, and in which failure domain each counts.</summary>
    public required ImmutableArray<CopyReceipt> Copies { get; init; }

    /// <summary>Copies the class still owes; 0 when it is satisfied.</summary>
    public int CopiesOwed { get; init; }

    /// <summary>Whether the journal entry and the bytes were fsync'd before the answer.</summary>
    public required bool Synced { get; init; }

    /// <summary>
    /// The journal position that makes it true; an operation that presents it observes everything before it.
    /// </summary>
    public required Lsn Lsn { get; init; }

    /// <summary>Why the content went where it went.</summary>
    public required string Reason { get; init; }
}
