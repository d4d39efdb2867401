using System.Collections.Immutable;
using CimStore.Journal;
using CimStore.Objects;

namespace CimStore.Engine;

/// <summary>What an operator asks first. Bytes: physical = live + held + garbage + overhead (the ledger).</summary>
public sealed record NodeStatus
{
    public required string Version { get; init; }

    public required Lsn DurableLsn { get; init; }

    /// <summary>Contents that are here, each once; the owners' numbers may add up to more.</summary>
    public required long Objects { get; init; }

    public required long LogicalBytes { get; init; }

    public required SpaceLedger Space { get; init; }

    public required DurabilityClass DefaultClass { get; init; }

    public required ImmutableArray<OwnerUsage> Owners { get; init; }

    /// <summary>What is wrong or weaker than promised, in words; empty when all is well.</summary>
    public required ImmutableArray<string> Warnings { get; init; }

    /// <summary>Of the warnings, those of the locations behind the first: what lies in a directory that is away, or
    /// cannot be read, is looked at by nobody.</summary>
    public ImmutableArray<string> LocationWarnings { get; init; } = [];
}
