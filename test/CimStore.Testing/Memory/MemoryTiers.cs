using System.Collections.Immutable;
using CimStore.Diagnostics;
using CimStore.Engine;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Policies;
using CimStore.Testing.Faults;

namespace CimStore.Testing.Memory;

/// <summary>The engine over a memory store and locations in memory behind it, each a failure domain of its own.
/// </summary>
public sealed class MemoryTiers : IAsyncDisposable
{
    private MemoryTiers(StorageNode node, MemoryStore store, ImmutableArray<MemoryLocation> others) =>
        (Node, Store, Others) = (node, store, others);

    public StorageNode Node { get; }

    public MemoryStore Store { get; }

    public ImmutableArray<MemoryLocation> Others { get; }

    /// <param name="time">The clock of all of it.</param>
    /// <param name="meters">Where the node counts.</param>
    /// <param name="plan">What goes wrong at which of the other locations; null for nothing.</param>
    /// <param name="others">Names and tiers of the locations beside the store.</param>
    public static ValueTask<MemoryTiers> OpenAsync(
        TimeProvider time, MeterReading meters, Func<LocationId, LocationFaultPlan>? plan,
        params ReadOnlySpan<(string Name, StorageTier Tier)> others)
    {
        var ids = new IdSource(time);
        return OpenAsync(
            time, meters, plan, new MemoryStore(time, ids, "hot"),
            [.. others.ToArray().Select(other => Make(other.Name, other.Tier, time))], new StorageNodeOptions(),
            new BackgroundLimits());
    }

    public static async ValueTask<MemoryTiers> OpenAsync(
        TimeProvider time, MeterReading meters, Func<LocationId, LocationFaultPlan>? plan, MemoryStore store,
        ImmutableArray<MemoryLocation> others, StorageNodeOptions options, BackgroundLimits limits,
        MigrationPolicy? policy = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Cache.SizeMaxBytes = 0;
        var behind = plan is null
            ? others.CastArray<ILocation>()
            : [.. others.Select(other => new FaultyLocation(other, plan(other.Id), time))];
        var ports = StorageNodePorts.Of(store) with
        {
            Locations = [store, .. behind],
            Tiers = new TierSettings(policy ?? MigrationPolicies.SeedV1, new MemoryDueIndex())
            {
                Placement = new PlacementOptions { FreeBytesMin = 0 },
                Limits = limits,
            },
        };
        var node = await StorageNode.OpenAsync(
            ports, time, new IdSource(time), options, new NodeMetrics(meters), CancellationToken.None);
        return new MemoryTiers(node, store, others);
    }

    public static MemoryLocation Make(string name, StorageTier tier, TimeProvider time, long? capacityBytes = null) =>
        new(
            new LocationId(name),
            new LocationTraits
            {
                Tier = tier,
                Medium = "hdd",
                Labels = ImmutableDictionary<string, string>.Empty.Add("device", name),
            },
            time)
        {
            CapacityBytes = capacityBytes,
        };

    public ValueTask DisposeAsync() => Node.DisposeAsync();
}
