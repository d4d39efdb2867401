using System.Collections.Immutable;
using CimStore.Engine;
using CimStore.Journal;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Policies;
using CimStore.Testing.Contracts;
using CimStore.Testing.Faults;

namespace CimStore.Testing.Memory;

/// <summary>
/// The engine over locations in memory that outlive it: it is killed at any call of a port, opened anew over what is
/// durable, and held at each append to what it promised. Locations fail by plan; waiting takes no time.
/// </summary>
public sealed class SimulatedTiers
{
    public const int InlineSizeMaxBytes = 4096;

    private readonly Dictionary<LocationId, LocationFaultPlan> _plans = [];
    private readonly Dictionary<ContentKey, byte[]> _contents = [];
    private readonly List<MemoryLocation> _others = [];
    private readonly MemoryJobStore _jobs = new();
    private readonly States _states = new();

    // Chance by a seed: a failure shows again.
    private readonly Random _chance = new(20261127);
    private StorageNode? _node;

    public SimulatedTiers()
    {
        Store = new MemoryStore(Time, new IdSource(Time, Fill), "hot", InlineSizeMaxBytes);
        _plans.Add(Store.Id, new LocationFaultPlan());
    }

    public SkippingTime Time { get; } = new();

    public MemoryStore Store { get; }

    public Lifeline Life { get; private set; } = new();

    public StorageNode Node => _node!;

    public MigrationPolicy Policy { get; init; } = MigrationPolicies.SeedV1;

    public MemoryDueIndex Due { get; private set; } = new();

    /// <summary>What goes wrong with an append; null for nothing.</summary>
    public Func<IReadOnlyList<JournalChange>, LocationMishap?>? JournalMishap { get; set; }

    public BackgroundLimits Limits { get; } = new();

    public MemoryLocation Bind(string name, StorageTier tier, int parts = 1, int partsNeeded = 1)
    {
        var location = new MemoryLocation(
            new LocationId(name),
            new LocationTraits
            {
                Tier = tier,
                Medium = "hdd",
                Labels = Labels(name),
                Parts = parts == 1 ? [] : [.. Enumerable.Range(0, parts).Select(part => Labels($"{name}{part}"))],
                PartsNeeded = partsNeeded,
            },
            Time) { InlineSizeMaxBytes = InlineSizeMaxBytes };
        _others.Add(location);
        _plans.Add(location.Id, new LocationFaultPlan());
        return location;
    }

    /// <summary>From the next opening on nothing is bound there.</summary>
    public void Unbind(string name) => _others.Remove(At(name));

    public LocationFaultPlan PlanOf(string location) => _plans[new LocationId(location)];

    public MemoryLocation At(string location) => _others.Single(one => one.Id.Name == location);

    /// <summary>Opens the node over what is there; the one before is taken for dead.</summary>
    /// <param name="keepsDueIndex">False loses it, as its end or all of it may be lost in a crash.</param>
    public async Task OpenAsync(bool keepsDueIndex = true)
    {
        Life = new Lifeline();
        Due = keepsDueIndex ? Due : new MemoryDueIndex();
        var ids = new IdSource(Time, Fill);
        var journal = new FaultyJournal(Store, Life)
        {
            Mishap = changes => JournalMishap?.Invoke(changes),
            Around = WatchAsync,
        };
        var ports = new StorageNodePorts(
            journal, Store,
            [.. new ILocation[] { Store }.Concat(_others)
                .Select(one => new FaultyLocation(one, _plans[one.Id], Time, Life))],
            Store)
        {
            Jobs = new MortalJobStore(_jobs, Life),
            Tiers = new TierSettings(Policy, new MortalDueIndex(Due, Life))
            {
                Limits = Limits,
                StateStore = _states,
                States = _states.All,
            },
        };
        _node = await StorageNode.OpenAsync(
            ports, Time, ids, new StorageNodeOptions(), null, CancellationToken.None);
    }

    public async Task<StoreResult> StoreAsync(
        byte[] content, DurabilityClass durability, ConsistencyLevel level, bool acceptDebt = false)
    {
        _contents[ContentKey.Shared(Samples.CidOf(content))] = content;
        return await Node.StoreAsync(
            content, CancellationToken.None,
            StoreRequest.Default with { Class = durability, Level = level, AcceptDebt = acceptDebt });
    }

    public Task PassAsync(TimeSpan time) => Task.Delay(time, Time);

    /// <summary>Lets time pass until so much of it passed since the beginning.</summary>
    public Task PassToAsync(TimeSpan sinceStart) =>
        sinceStart > Time.GetElapsedTime(0) ? PassAsync(sinceStart - Time.GetElapsedTime(0)) : Task.CompletedTask;

    public async Task<CycleResult> CycleAsync(TimeSpan later)
    {
        await PassAsync(later);
        return await Node.Scavenger!.RunAsync(CancellationToken.None);
    }

    public async ValueTask<ObjectRecord?> RecordOfAsync(byte[] content) =>
        await Store.FindAsync(ContentKey.Shared(Samples.CidOf(content)), CancellationToken.None);

    public int CopiesOf(ObjectRecord record) => CopyCount.Of(
        record, Locations().ToDictionary(location => location.Id, location => location.Traits),
        FailureDomainLevel.Device);

    /// <summary>Damages the copy of a content at a location, all of its parts, as a medium does.</summary>
    public async Task RotAsync(byte[] content, string location)
    {
        var record = (await RecordOfAsync(content))!;
        var copy = record.Copies.Single(one => one.Location.Name == location);
        if (copy.Location == Store.Id)
        {
            Store.Rot(copy.Incarnation, content.Length / 2);
        }
        else
        {
            At(location).Rot(record.Key, copy, [.. Enumerable.Range(0, Math.Max(1, At(location).Traits.Parts.Length))]);
        }
    }

    /// <summary>Where verified copies are, in the order of the names.</summary>
    public static string PlacesOf(ObjectRecord record) => string.Join(
        " ", record.Copies.Where(copy => copy.State == CopyState.Verified).Select(copy => copy.Location.Name).Order());

    /// <summary>Events of one object that tell of its tier.</summary>
    public async Task<string> PipelineOfAsync(byte[] content)
    {
        var key = ContentKey.Shared(Samples.CidOf(content));
        var told = new List<string>();
        await foreach (var entry in Store.ReadAsync(Lsn.None, CancellationToken.None))
        {
            if (ObjectHistory.KeyOf(entry.Event) == key
                && entry.Event is StorageEvent.Stored { Deduplicated: false } or StorageEvent.Migrated)
            {
                told.Add(EventTypes.Subject(entry.Event)["events.storage.".Length..]);
            }
        }

        return string.Join(" ", told);
    }

    /// <summary>Every copy that counts is there with the bytes that its CID names, whatever the node thinks.</summary>
    /// <returns>What is not so, in words.</returns>
    public async Task<List<string>> BrokenPromisesAsync()
    {
        var broken = new List<string>();
        foreach (var (key, content) in _contents)
        {
            var record = await Store.FindAsync(key, CancellationToken.None);
            foreach (var copy in record is { IsPresent: true } ? record.Copies : [])
            {
                if (copy.State == CopyState.Verified && !await HoldsAsync(key, copy, content))
                {
                    broken.Add($"{content.Length} bytes at {copy.Location}");
                }
            }
        }

        return broken;
    }

    /// <summary>What can be read of every content through the node, other than what was stored.</summary>
    public async Task<List<string>> UnreadableAsync()
    {
        var unreadable = new List<string>();
        foreach (var (key, content) in _contents)
        {
            if (await Store.FindAsync(key, CancellationToken.None) is { IsPresent: true }
                && (await Node.ReadAsync(key.Cid, CancellationToken.None))?.SequenceEqual(content) != true)
            {
                unreadable.Add($"{content.Length} bytes");
            }
        }

        return unreadable;
    }

    /// <summary>Copies at the locations beside the log that no record names.</summary>
    public async Task<int> GarbageAsync()
    {
        var garbage = 0;
        foreach (var location in _others)
        {
            await foreach (var held in location.ListCopiesAsync(null, CancellationToken.None))
            {
                var record = await Store.FindAsync(held.Manifest.Key, CancellationToken.None);
                var isNamed = record is not null && record.Copies.Any(copy =>
                    copy.Location == location.Id && copy.Incarnation == held.Manifest.Incarnation);
                garbage += isNamed ? 0 : 1;
            }
        }

        return garbage;
    }

    /// <summary>No append may leave an object with fewer copies than it had, or than its class needs.</summary>
    private async ValueTask WatchAsync(IReadOnlyList<JournalChange> changes, Func<ValueTask> append)
    {
        var isLoss = changes.Any(change => change.Event is StorageEvent.CorruptionDetected or StorageEvent.Deleted);
        var before = new Dictionary<ContentKey, int>();
        foreach (var change in changes)
        {
            if (ObjectHistory.KeyOf(change.Event) is { } key)
            {
                before[key] = await CountAsync(key);
            }
        }

        await append();
        foreach (var (key, count) in before)
        {
            var record = await Store.FindAsync(key, CancellationToken.None);
            if (!isLoss && record is { IsPresent: true }
                && CopiesOf(record) < Math.Min(count, ConsistencyTable.CopiesRequired(record.Class)))
            {
                throw new InvalidOperationException(
                    $"{record.SizeBytes} bytes of {record.Class} had {count} copies and have {CopiesOf(record)}.");
            }
        }
    }

    private async ValueTask<int> CountAsync(ContentKey key) =>
        await Store.FindAsync(key, CancellationToken.None) is { IsPresent: true } record ? CopiesOf(record) : 0;

    private async ValueTask<bool> HoldsAsync(ContentKey key, Copy copy, byte[] content)
    {
        var location = Locations().Single(one => one.Id == copy.Location);
        var held = new byte[content.Length + 1];
        try
        {
            var read = await location.ReadAsync(key, copy, 0, held, CancellationToken.None);
            return read == content.Length && held.AsSpan(0, content.Length).SequenceEqual(content);
        }
        catch (IntegrityException)
        {
            return false;
        }
    }

    private IEnumerable<ILocation> Locations() => new ILocation[] { Store }.Concat(_others);

    private static ImmutableDictionary<string, string> Labels(string device) =>
        ImmutableDictionary<string, string>.Empty.Add("device", device);

    private void Fill(Span<byte> bytes)
    {
        lock (_chance)
        {
            _chance.NextBytes(bytes);
        }
    }

    private sealed class States : ILocationStates
    {
        public ImmutableDictionary<LocationId, LocationState> All { get; private set; } =
            ImmutableDictionary<LocationId, LocationState>.Empty;

        public LocationState? Find(LocationId location) =>
            All.TryGetValue(location, out var state) ? state : null;

        public void Save(LocationId location, LocationState state) => All = All.SetItem(location, state);
    }
}
