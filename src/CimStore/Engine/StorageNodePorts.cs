using System.Collections.Immutable;
using CimStore.Journal;
using CimStore.Locations;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace CimStore.Engine;

/// <summary>What a node stands on. The first location takes new content; all are read from, in order.</summary>
public sealed record StorageNodePorts(
    IJournal Journal, ICatalog Catalog, ImmutableArray<ILocation> Locations, IStoreMaintenance Maintenance)
{
    /// <summary>Where the node tells what it decided; nowhere unless it is set.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;

    /// <summary>What a node with several locations does with them; null on a node with one.</summary>
    public TierSettings? Tiers { get; init; }

    /// <summary>Keeps long work over restarts; null on a node that has none.</summary>
    public IJobStore? Jobs { get; init; }

    public JobRunnerOptions JobOptions { get; init; } = new();

    /// <summary>One store that is all four, such as the embedded one.</summary>
    public static StorageNodePorts Of<TStore>(TStore store)
        where TStore : IJournal, ICatalog, ILocation, IStoreMaintenance => new(store, store, [store], store);
}
