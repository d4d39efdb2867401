using System.Collections.Immutable;
using CimStore.Disk;
using CimStore.Disk.Cold;
using CimStore.Disk.Jobs;
using CimStore.Disk.Lifecycle;
using CimStore.Disk.Pool;
using CimStore.Engine;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Policies;
using CimStore.S3;
using CimStore.Server.Configuration;
using Microsoft.Extensions.Logging;

namespace CimStore.Server.Tiers;

/// <summary>Opens a node as its configuration says: the log, and whatever other locations are bound.</summary>
public static class NodeComposition
{
    private const string LocationsFolder = "locations";
    private const string DueFolder = "due-index";
    private const string JobsFolder = "jobs";

    /// <summary>Whether a data directory was used with other locations beside its log.</summary>
    public static bool HasOtherLocations(string dataDirectory)
    {
        var folder = Path.Combine(dataDirectory, LocationsFolder);
        return Directory.Exists(folder) && Directory.EnumerateDirectories(folder).Any();
    }

    /// <param name="store">The data directory.</param>
    /// <param name="tiers">What the file says of locations and policies.</param>
    /// <param name="findings">What is to be shown in health.</param>
    /// <param name="options">The engine's.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="log">Told what the engine decides.</param>
    /// <param name="cancellationToken">Stops opening.</param>
    /// <exception cref="LocationException">The log, or a location, cannot be opened.</exception>
    public static async ValueTask<ComposedNode> OpenAsync(
        DiskStoreOptions store, TiersConfiguration tiers, ImmutableArray<ConfigurationFinding> findings,
        StorageNodeOptions options, TimeProvider clock, ILogger log, CancellationToken cancellationToken)
    {
        var time = new ObservedTime(clock);
        options.Space = tiers.Space;
        if (tiers.Cluster is { } cluster)
        {
            return await ClusterComposition.OpenAsync(
                cluster, store, tiers, findings, options, time, log, cancellationToken);
        }

        store.LocationName = tiers.Home.Id.Name;
        store.Traits = tiers.Home.TraitsAt(tiers.Placement.FailureDomain);
        var opened = new List<IAsyncDisposable>();
        try
        {
            var home = await DiskStore.OpenAsync(store, time, cancellationToken);
            opened.Add(home);
            var ports = StorageNodePorts.Of(home) with { Logger = log };
            if (tiers.Locations.Length > 1)
            {
                ports = await BindAsync(ports, store, tiers, findings, time, opened, log, cancellationToken);
            }

            var node = await StorageNode.OpenAsync(ports, time, new IdSource(time), options, null, cancellationToken);
            if (log.IsEnabled(LogLevel.Warning))
            {
                // Not for a command, which has no log: asking for all of the status is work.
                (await node.StatusAsync(cancellationToken)).Warnings.ToList()
                    .ForEach(warning => Log.FoundAtStart(log, warning));
            }

            var pools = opened.Select(static one => (one as CompressingLocation)?.Inner ?? one as ILocation);
            return new ComposedNode(node, home, [.. pools.OfType<PoolLocation>()]);
        }
        catch
        {
            for (var index = opened.Count - 1; index >= 0; index--)
            {
                await opened[index].DisposeAsync();
            }

            throw;
        }
    }

    /// <summary>The other locations, and what moves content between them.</summary>
    internal static async ValueTask<StorageNodePorts> BindAsync(
        StorageNodePorts ports, DiskStoreOptions store, TiersConfiguration tiers,
        ImmutableArray<ConfigurationFinding> findings, TimeProvider time, List<IAsyncDisposable> opened,
        ILogger log, CancellationToken cancellationToken)
    {
        var locations = ImmutableArray.CreateBuilder<ILocation>();
        locations.Add(ports.Locations[0]);
        foreach (var configured in tiers.Locations.Where(one => one.Id != tiers.Home.Id))
        {
            if (await OpenAsync(configured, store, tiers, time, log, cancellationToken) is { } location)
            {
                opened.Add((IAsyncDisposable)location);
                locations.Add(location);
            }
        }

        var states = new LocationStateFiles(Path.Combine(store.DataDirectory, LocationsFolder));
        var jobs = JobFiles.Open(Path.Combine(store.DataDirectory, JobsFolder));
        var due = DueIndex.Open(Path.Combine(store.DataDirectory, DueFolder), ports.Journal.DurableLsn);
        opened.Add(due);
        var placement = new PlacementOptions
        {
            FailureDomain = tiers.Placement.FailureDomain,
            Strategy = tiers.Placement.Strategy,
            FillShareMax = tiers.Space.FillShareMax,
        };
        return ports with
        {
            Locations = locations.ToImmutable(),
            Jobs = jobs,
            JobOptions = new JobRunnerOptions { ObjectsAtOnceMax = tiers.Background.MovesAtOnceMax },
            Tiers = new TierSettings(tiers.PolicyInForce, due)
            {
                Placement = placement,
                DefaultClass = tiers.Placement.DefaultClass,
                States = tiers.Locations.ToImmutableDictionary(one => one.Id, one => StateOf(one, states)),
                StateStore = states,
                Warnings =
                [
                    .. findings.Select(finding => finding.ToString()), .. jobs.Warnings,
                    .. Unbound(Path.Combine(store.DataDirectory, LocationsFolder), tiers, states),
                ],
                Limits = new BackgroundLimits
                {
                    BytesPerSecondMax = tiers.Background.BytesPerSecondMax,
                    MovesAtOnceMax = tiers.Background.MovesAtOnceMax,
                    Cycle = tiers.Background.Cycle,
                    ScrubCycle = tiers.Background.ScrubCycle,
                    ScrubBytesPerSecondMax = tiers.Background.BytesPerSecondMax,
                },
            },
        };
    }

    /// <summary>Locations that the data directory was used with, and that the file does not bind any more.</summary>
    private static IEnumerable<string> Unbound(string folder, TiersConfiguration tiers, LocationStateFiles states) =>
        from path in Directory.Exists(folder) ? Directory.EnumerateDirectories(folder).Order().ToArray() : []
        let name = Path.GetFileName(path)
        where !tiers.Locations.Any(one => one.Id.Name == name) && !IsRetired(name, states)
        select $"The location {name} was used with this data directory and is not bound: what is said to be there "
            + $"cannot be read. If its id was changed, give it back the id {name}; if it is to go, bind it, drain it "
            + "and retire it first ('cimstore fsck' says whether copies are said to be there).";

    private static bool IsRetired(string name, LocationStateFiles states)
    {
        try
        {
            return states.Find(new LocationId(name)) == LocationState.Retired;
        }
        catch (Exception unknown) when (unknown is LocationException or ArgumentException)
        {
            // What nobody binds keeps no node from opening.
            return false;
        }
    }

    /// <summary>Of file and operator the one further along, so that neither takes back what the other began.</summary>
    private static LocationState StateOf(LocationConfiguration configured, LocationStateFiles states) =>
        states.Find(configured.Id) is { } set && set > configured.State ? set : configured.State;

    private static async ValueTask<ILocation?> OpenAsync(
        LocationConfiguration configured, DiskStoreOptions store, TiersConfiguration tiers, TimeProvider time,
        ILogger log, CancellationToken cancellationToken)
    {
        var state = Path.Combine(store.DataDirectory, LocationsFolder, configured.Id.Name);
        if (configured is LocationConfiguration.Bucket bucket)
        {
            return await OpenAsync(bucket, state, store, tiers, time, log, cancellationToken);
        }

        var options = configured switch
        {
            LocationConfiguration.Pool pool => new PoolOptions
            {
                Id = pool.Id,
                Traits = pool.TraitsAt(tiers.Placement.FailureDomain),
                DataShards = pool.DataShards,
                ParityShards = pool.ParityShards,
                BlockBytes = pool.BlockBytes,
                Sets = [.. pool.Sets.Select(set => set.Select(one => one.Path).ToImmutableArray())],
                StateDirectory = state,
                InlineSizeMaxBytes = store.InlineSizeMaxBytes,
                ForceUnsafe = store.ForceUnsafe,
            },
            LocationConfiguration.Directory directory => new PoolOptions
            {
                Id = directory.Id,
                Traits = directory.TraitsAt(tiers.Placement.FailureDomain),
                DataShards = 1,
                ParityShards = 0,
                Sets = [[directory.Path]],
                StateDirectory = state,
                InlineSizeMaxBytes = store.InlineSizeMaxBytes,
                ForceUnsafe = store.ForceUnsafe,
            },
            _ => null,
        };
        if (options is null)
        {
            return null;
        }

        var location = await PoolLocation.OpenAsync(options, time, cancellationToken);
        return configured is LocationConfiguration.Directory { Compression: StoredCompression.Zstd }
            ? new CompressingLocation(location)
            : location;
    }

    /// <summary>In the order of ADR 0076; the requests of a bucket are slow and fail at times, so they are tried again.
    /// </summary>
    private static async ValueTask<ILocation> OpenAsync(
        LocationConfiguration.Bucket configured, string state, DiskStoreOptions store, TiersConfiguration tiers,
        TimeProvider time, ILogger log, CancellationToken cancellationToken)
    {
        var options = OptionsOf(configured, state, store, tiers);
        var bucket = await S3Location.OpenAsync(options, time, log, cancellationToken);
        var location = new RetryingLocation(
            bucket, new RetryOptions(), time, new Random((int)time.GetTimestamp()));
        return configured.Settings.Compression == StoredCompression.Zstd
            ? new CompressingLocation(location)
            : location;
    }

    private static S3Options OptionsOf(
        LocationConfiguration.Bucket configured, string state, DiskStoreOptions store, TiersConfiguration tiers)
    {
        var settings = configured.Settings;
        try
        {
            return new S3Options
            {
                Id = configured.Id,
                Traits = configured.TraitsAt(tiers.Placement.FailureDomain),
                Profile = settings.Profile,
                Endpoint = settings.Endpoint,
                Region = settings.Region,
                Bucket = settings.Bucket,
                Prefix = settings.Prefix,
                SpoolDirectory = Path.Combine(state, "spool"),
                StateDirectory = state,
                Credentials = settings.FindCredentials(),
                StorageClass = settings.StorageClass,
                UsesPathStyle = settings.UsesPathStyle,
                Encryption = settings.Encryption,
                KmsKeyId = settings.KmsKeyId,
                CaFile = settings.CaFile,
                Proxy = settings.Proxy,
                PartBytes = settings.PartBytes,
                PartsInFlightMax = settings.PartsInFlightMax,
                RequestTimeout = settings.RequestTimeout,
                AbandonedAfter = settings.AbandonedAfter,
                QuotaBytes = settings.QuotaBytes,
                Lock = settings.Lock,
                InlineSizeMaxBytes = store.InlineSizeMaxBytes,
            };
        }
        catch (ArgumentException missing)
        {
            throw new LocationException(
                LocationFault.Offline, $"The location {configured.Id} cannot be opened: {missing.Message}", missing);
        }
    }
}
