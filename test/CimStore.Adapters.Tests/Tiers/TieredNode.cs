using System.Collections.Immutable;
using CimStore.Disk;
using CimStore.Disk.Cold;
using CimStore.Disk.Jobs;
using CimStore.Disk.Lifecycle;
using CimStore.Disk.Pool;
using CimStore.Engine;
using CimStore.Journal;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Policies;
using Microsoft.Extensions.Time.Testing;

namespace CimStore.Adapters.Tests.Tiers;

/// <summary>A hot log, a pool of 4+4 and a cold directory, all on the real disk, and a clock to turn.</summary>
internal sealed class TieredNode : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cimstore-tiers-");
    private StorageNode? _node;

    public TieredNode(MigrationPolicy policy) => Policy = policy;

    public MigrationPolicy Policy { get; set; }

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    public StorageNode Node => _node!;

    public JobRunner Jobs => Node.Jobs!;

    public IJobStore JobStore { get; private set; } = null!;

    public ImmutableDictionary<LocationId, LocationTraits> Traits { get; private set; } =
        ImmutableDictionary<LocationId, LocationTraits>.Empty;

    /// <summary>As a configuration says with "compression": "zstd".</summary>
    public bool CompressesCold { get; init; }

    public PoolLocation Pool { get; private set; } = null!;

    public ILocation Cold { get; private set; } = null!;

    public string PoolDirectory(int shard) => Path.Combine(_folder.FullName, "pool", $"d{shard}");

    public string ColdDirectory => Path.Combine(_folder.FullName, "cold");

    public async Task OpenAsync()
    {
        var time = new ObservedTime(Time);
        var store = await DiskStore.OpenAsync(
            new DiskStoreOptions { DataDirectory = Path.Combine(_folder.FullName, "data"), ForceUnsafe = true }, time,
            CancellationToken.None);
        Pool = await PoolLocation.OpenAsync(
            PoolOf("pool", StorageTier.Warm, 4, 4, [.. Enumerable.Range(0, 8).Select(PoolDirectory)]), time,
            CancellationToken.None);
        var cold = await PoolLocation.OpenAsync(
            PoolOf("cold", StorageTier.Cold, 1, 0, [ColdDirectory]), time, CancellationToken.None);
        Cold = CompressesCold ? new CompressingLocation(cold) : cold;
        var due = DueIndex.Open(Path.Combine(_folder.FullName, "data", "due"), store.DurableLsn);
        var states = new LocationStateFiles(Path.Combine(_folder.FullName, "data", "locations"));
        JobStore = JobFiles.Open(Path.Combine(_folder.FullName, "data", "jobs"));
        var ports = StorageNodePorts.Of(store) with
        {
            Locations = [store, Pool, Cold],
            Jobs = JobStore,
            Tiers = new TierSettings(Policy, due)
            {
                StateStore = states,
                States = new[] { Pool.Id, Cold.Id }.ToImmutableDictionary(
                    static id => id, id => states.Find(id) ?? LocationState.Active),
            },
        };
        Traits = ports.Locations.ToImmutableDictionary(location => location.Id, location => location.Traits);
        _node = await StorageNode.OpenAsync(
            ports, time, new IdSource(time), new StorageNodeOptions { ReadEventsMax = 1024 }, null,
            CancellationToken.None);
    }

    public async Task ReopenAsync()
    {
        await Node.DisposeAsync();
        await OpenAsync();
    }

    /// <summary>The machine is lost, and only what was in the pool's and the cold directories is left.</summary>
    public async Task LoseDataAsync()
    {
        await Node.DisposeAsync();
        Directory.Delete(Path.Combine(_folder.FullName, "data"), recursive: true);
    }

    public async Task<CycleResult> CycleAsync(TimeSpan later)
    {
        Time.Advance(later);
        await Node.TellReadsAsync(CancellationToken.None);
        return await Node.Scavenger!.RunAsync(CancellationToken.None);
    }

    /// <summary>Events of one object, without those that tell of nothing moved.</summary>
    public async Task<List<string>> SubjectsAsync(ContentKey key)
    {
        var subjects = new List<string>();
        await foreach (var entry in Node.EventsAsync(Lsn.None, follow: false, CancellationToken.None))
        {
            if (ObjectHistory.KeyOf(entry.Event) == key && entry.Event is StorageEvent.Stored or StorageEvent.Migrated)
            {
                subjects.Add(EventTypes.Subject(entry.Event));
            }
        }

        return subjects;
    }

    public async ValueTask DisposeAsync()
    {
        await Node.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private PoolOptions PoolOf(
        string name, StorageTier tier, int data, int parity, ImmutableArray<string> paths) => new()
    {
        Id = new LocationId(name),
        DataShards = data,
        ParityShards = parity,
        Sets = [paths],
        StateDirectory = Path.Combine(_folder.FullName, "data", "locations", name),
        ForceUnsafe = true,
        SegmentBytes = 4 << 20,
        Traits = new LocationTraits
        {
            Tier = tier,
            Medium = "hdd",
            Labels = ImmutableDictionary<string, string>.Empty.Add("device", name),
            Parts = data == 1
                ? []
                : [.. paths.Select(path => ImmutableDictionary<string, string>.Empty.Add("device", path))],
            PartsNeeded = data,
        },
    };
}
