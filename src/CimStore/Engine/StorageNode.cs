using System.Collections.Immutable;
using System.Reflection;
using System.Runtime.CompilerServices;
using CimStore.Content;
using CimStore.Diagnostics;
using CimStore.Journal;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Policies;

namespace CimStore.Engine;

/// <summary>
/// The engine: decisions meet ports here and nowhere else. Everything that changes an object happens under the object's
/// lock, from the look at the catalog to the append that makes it true.
/// </summary>
public sealed partial class StorageNode : IStorageClient, IOperatorClient
{
    private readonly StorageNodePorts _ports;
    private readonly IJournal _journal;
    private readonly ICatalog _catalog;
    private readonly ILocation _home;
    private readonly ObservedTime _time;
    private readonly IdSource _ids;
    private readonly StorageNodeOptions _options;
    private readonly NodeMetrics _metrics;
    private readonly KeyLocks<ContentKey> _contentLocks = new();
    private readonly KeyLocks<MessageId> _commandLocks = new();
    private readonly KeyLocks<Reference> _nameLocks = new();
    private readonly ReadHolds _holds = new();
    private readonly ContentCache _cache;
    private readonly RefusalBudget _refusals;
    private readonly ReadCounts? _reads;
    private readonly ImmutableArray<CopyReceipt> _homeReceipt;
    private volatile DecisionFacts _storeFacts;
    private volatile ImmutableDictionary<LocationId, LocationState> _states;
    private volatile ImmutableDictionary<LocationId, LocationTraits> _bound;
    private readonly ImmutableDictionary<LocationId, StorageTier> _tierOf;
    private readonly LocationAbsences _absences;
    private readonly ThinCopies _thin = new();

    /// <summary>An append ended without an answer: what it told of may come true when the journal is opened anew.
    /// </summary>
    private volatile bool _isInDoubt;
    private readonly LocationRooms _rooms;
    private readonly TokenBucket _pace;
    private readonly TokenBucket _scrubPace;
    private long _garbageBytes = -1;
    private bool _closed;

    private StorageNode(
        StorageNodePorts ports, ObservedTime time, IdSource ids, StorageNodeOptions options, NodeMetrics metrics)
    {
        (_ports, _time, _ids, _options, _metrics) = (ports, time, ids, options, metrics);
        (_journal, _catalog, _home) = (ports.Journal, ports.Catalog, ports.Locations[0]);
        _cache = new ContentCache(options.Cache, time);
        _reads = options.ReadEventsMax > 0 ? new ReadCounts() : null;
        _refusals = new RefusalBudget(time, options.RefusalsPerHourMax);
        _absences = new LocationAbsences(time, Chance);
        _rooms = new LocationRooms(ports.Locations, options.Space, ports.Logger);
        _pace = new TokenBucket(ports.Tiers?.Limits.BytesPerSecondMax ?? 0, time);
        _scrubPace = new TokenBucket(ports.Tiers?.Limits.ScrubBytesPerSecondMax ?? 0, time);
        Scavenger = ports.Tiers is { } tiers
            ? new Scavenger(this, ports, tiers, _rooms, time, Chance)
            : null;
        Scrubber = Scavenger is null ? null : new Scrubber(this, Scavenger, ports, time);
        _homeReceipt =
        [
            new CopyReceipt(
                _home.Id, _home.Traits.Tier, DurabilityPolicy.DomainOf(_home.Id, _home.Traits), 1,
                _home.Traits.SyncsBeforeAcknowledgement),
        ];
        _states = ports.Tiers?.States ?? ImmutableDictionary<LocationId, LocationState>.Empty;
        _bound = Bound();
        _tierOf = ports.Locations.ToImmutableDictionary(location => location.Id, location => location.Traits.Tier);
        _latencies = [.. ports.Locations.Select(static _ => ReadLatency.Empty())];
        Domains = DomainsOf();
        _storeFacts = Facts();
        Jobs = ports.Jobs is { } jobs
            ? new JobRunner(this, jobs, ports.JobOptions, time, ids, Chance, ports.Logger)
            : null;
        metrics.Observe(() => (_cache.Hits, _cache.Misses, _cache.SizeBytes));
        metrics.ObserveLifecycle(() => Scavenger?.Figures, () => Volatile.Read(ref _garbageBytes));
    }

    /// <summary>Moves and copies in the background; null on a node with one location.</summary>
    public Scavenger? Scavenger { get; }

    /// <summary>Proves copies again, in the background; null on a node with one location.</summary>
    public Scrubber? Scrubber { get; }

    /// <summary>Effective copies that all locations together can hold: the strongest class is theirs (D3).</summary>
    private int Domains { get; set; } = 1;

    /// <param name="ports">What it stands on; the node owns them and disposes of them.</param>
    /// <param name="time">The clock.</param>
    /// <param name="ids">Makes event and message ids.</param>
    /// <param name="options">Its settings.</param>
    /// <param name="metrics">Where it counts; null counts nowhere.</param>
    /// <param name="cancellationToken">Stops opening.</param>
    public static async ValueTask<StorageNode> OpenAsync(
        StorageNodePorts ports, TimeProvider time, IdSource ids, StorageNodeOptions options, NodeMetrics? metrics,
        CancellationToken cancellationToken)
    {
        var observed = time as ObservedTime ?? new ObservedTime(time);
        if (await ports.Journal.FindAsync(ports.Journal.DurableLsn, cancellationToken) is { } last)
        {
            observed.Observe(last.At);
        }

        var node = new StorageNode(ports, observed, ids, options, metrics ?? new NodeMetrics(null));
        Log.Opened(
            ports.Logger, ports.Journal.DurableLsn.Value, node.DefaultClass.ToString());
        if (observed.IsClockBehind)
        {
            Log.ClockBehind(ports.Logger);
        }

        return node;
    }

    public ValueTask<ObjectRecord?> StatAsync(Cid cid, CancellationToken cancellationToken) =>
        _catalog.FindAsync(KeyOf(cid), cancellationToken);

    public IAsyncEnumerable<ObjectRecord> ListAsync(Cid? after, CancellationToken cancellationToken) =>
        _catalog.ListAsync(DedupDomain.Shared, after, cancellationToken);

    public async IAsyncEnumerable<JournalEntry> EventsAsync(
        Lsn after, bool follow, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        do
        {
            // The reader is asked for the next entry when the consumer wants it: a slow one holds nothing up.
            await foreach (var entry in _journal.ReadAsync(after, cancellationToken))
            {
                yield return entry;
                after = entry.Lsn;
            }

            if (follow)
            {
                await _journal.WaitAsync(after, cancellationToken);
            }
        }
        while (follow);
    }

    public async ValueTask<NodeStatus> StatusAsync(CancellationToken cancellationToken)
    {
        await _rooms.MeasureAsync(_home, cancellationToken);
        var owners = await _catalog.UsageAsync(cancellationToken);
        NoteGarbage();
        var totals = await _catalog.TotalsAsync(cancellationToken);
        var space = await _ports.Maintenance.MeasureAsync(cancellationToken);
        ImmutableArray<string> ofLocations = [.. Away().SelectMany(static location => location.Warnings)];
        var warnings = _ports.Maintenance.Warnings.AddRange(
            ofLocations.Concat(_ports.Tiers?.Warnings ?? [])
                .Concat(StateWarnings())
                .Concat(SpaceWarnings()));
        if (_time.IsClockBehind)
        {
            warnings = warnings.Add(
                "The clock is behind what the journal has seen; time stands still until it catches up.");
        }

        return new NodeStatus
        {
            Version = ProductVersion(),
            DurableLsn = _journal.DurableLsn,
            Objects = totals.Objects,
            LogicalBytes = totals.LogicalBytes,
            Space = space,
            DefaultClass = DefaultClass,
            Owners = [.. owners],
            Warnings = warnings,
            LocationWarnings = ofLocations,
        };
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _closed, true))
        {
            return;
        }

        Jobs?.Dispose();
        await TellUntoldAsync();
        await KeepLackingAsync();
        _metrics.Dispose();
        var parts = _ports.Locations.Reverse().Cast<object>().Append(_journal).Append(_catalog)
            .Append(_ports.Maintenance);
        if (_ports.Tiers is { } tiers)
        {
            Scavenger?.Dispose();
            await tiers.Due.DisposeAsync();
        }

        foreach (var part in parts.Distinct(ReferenceEqualityComparer.Instance).OfType<IAsyncDisposable>())
        {
            await part.DisposeAsync();
        }
    }

    /// <summary>What readers found lacking since the last cycle is a debt from now on: of a command, there was none.
    /// </summary>
    private async ValueTask KeepLackingAsync()
    {
        try
        {
            await (Scavenger?.OwePartsAsync(CancellationToken.None) ?? ValueTask.CompletedTask);
        }
        catch (LocationException)
        {
            // The node closes while its disk fails. Whoever reads it next finds the same.
        }
    }

    private static string ProductVersion() =>
        typeof(StorageNode).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()
            ?.InformationalVersion ?? "0";

    private static ContentKey KeyOf(in Cid cid) => cid.IsDefault
        ? throw new ArgumentException("A default CID names nothing.", nameof(cid))
        : ContentKey.Shared(cid.ToV1());

    private static RefusedException Refuse(string code, string message) => new(new Refusal(code, message));

    private DecisionFacts Facts(TimeSpan? grace = null) => new()
    {
        // No grace promises nothing: it is over at once, also while the clock is behind.
        Now = (grace ?? _options.DeleteGrace) == TimeSpan.Zero ? _time.GetEarliestUtcNow() : _time.GetUtcNow(),
        Grace = grace ?? _options.DeleteGrace,
        Location = _home.Id,
        Tier = _home.Traits.Tier,
        Tiers = TiersOf(_ports.Locations),
        Domains = Domains,
    };

    /// <summary>Whether what it holds comes and goes with the journal's entries.</summary>
    private bool IsJournals(ILocation location) => _journal.HoldsContent && ReferenceEquals(location, _home);

    private DurabilityClass DefaultClass => _ports.Tiers?.DefaultClass ?? DurabilityPolicy.Strongest(Domains);

    /// <summary>0 to 1, for what must not happen everywhere at once.</summary>
    private double Chance()
    {
        Span<byte> bytes = stackalloc byte[16];
        _ids.Next().Value.TryWriteBytes(bytes);
        return bytes[^1] / 256.0;
    }

    private int DomainsOf() => _ports.Tiers is not { } tiers
        ? 1
        : Math.Max(1, CopyCount.Of(
            _ports.Locations
                .Where(location => StateOf(location.Id) == LocationState.Active)
                .Select(location => new CopyPlace(location.Id, location.Traits)),
            tiers.Placement.FailureDomain));

    private static ImmutableArray<StorageTier> TiersOf(ImmutableArray<ILocation> locations)
    {
        ImmutableArray<StorageTier> tiers = [];
        foreach (var location in locations)
        {
            tiers = tiers.Contains(location.Traits.Tier) ? tiers : tiers.Add(location.Traits.Tier);
        }

        return tiers;
    }

    /// <summary>Makes decisions true, and forgets what the cache held of the objects they change.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<IReadOnlyList<JournalEntry>> AppendAsync(List<JournalChange> changes)
    {
        try
        {
            // Not cancellable: whether the append came true must be known before a lock is given up.
            return await _journal.AppendAsync(changes, CancellationToken.None);
        }
        catch (LocationException failure) when (failure.Fault == LocationFault.Unknown)
        {
            _isInDoubt = true;
            throw;
        }
        finally
        {
            for (var index = 0; index < changes.Count; index++)
            {
                if (changes[index].Event is not
                        (StorageEvent.Failed or StorageEvent.Unchanged or StorageEvent.Retrieved)
                    && ObjectHistory.KeyOf(changes[index].Event) is { } key)
                {
                    _cache.Remove(key);
                }
            }
        }
    }
}
