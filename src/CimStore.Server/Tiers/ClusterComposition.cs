using System.Collections.Immutable;
using CimStore.Disk;
using CimStore.Engine;
using CimStore.Locations;
using CimStore.Nats;
using CimStore.Nats.Journal;
using CimStore.Nats.Locations;
using CimStore.Nats.Provisioning;
using CimStore.Objects;
using CimStore.Server.Configuration;
using Microsoft.Extensions.Logging;

namespace CimStore.Server.Tiers;

/// <summary>
/// Opens a node of a cluster: the journal and what is new lie with the NATS servers, the rest in buckets. The data
/// directory holds what can be made again: the due index, jobs, uploads on their way.
/// </summary>
internal static class ClusterComposition
{
    /// <exception cref="LocationException">No server, or what is there is not what the file says.</exception>
    public static async ValueTask<ComposedNode> OpenAsync(
        ClusterConfiguration cluster, DiskStoreOptions store, TiersConfiguration tiers,
        ImmutableArray<ConfigurationFinding> findings, StorageNodeOptions options, TimeProvider time, ILogger log,
        CancellationToken cancellationToken)
    {
        var opened = new List<IAsyncDisposable>();
        try
        {
            Directory.CreateDirectory(store.DataDirectory);
            var link = await NatsLink.OpenAsync(cluster.Nats!.ToOptions("cimstore-node"), null, cancellationToken);
            opened.Add(link);
            await ProvisionAsync(link, cluster, tiers, time, log, cancellationToken);
            var ids = new IdSource(time);
            var journal = await JetStreamJournal.OpenAsync(link, cluster.Journal, time, ids, log, cancellationToken);
            opened.Add(journal);
            var home = await OpenAsync(
                link, (LocationConfiguration.JetStreamBuckets)tiers.Home, tiers, time, cancellationToken);
            var ports = new StorageNodePorts(
                journal, journal.Catalog, [home], new JournalMaintenance(journal, home, link)) { Logger = log };
            ports = await NodeComposition.BindAsync(
                ports, store, tiers, findings, time, opened, log, cancellationToken);
            var node = await StorageNode.OpenAsync(ports, time, ids, options, null, cancellationToken);
            return new ComposedNode(node, null, []);
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

    private static async ValueTask ProvisionAsync(
        NatsLink link, ClusterConfiguration cluster, TiersConfiguration tiers, TimeProvider time, ILogger log,
        CancellationToken cancellationToken)
    {
        link.RequireJetStream();
        var provisioner = new Provisioner(link, time, log) { MarkerReplicas = cluster.Journal.Replicas };
        await provisioner.EnsureAsync(
            new KeyValueDescription
            {
                Bucket = ClusterConfiguration.Bucket,
                HoldsMetadata = true,
                Replicas = cluster.Journal.Replicas,
            },
            cancellationToken);
        foreach (var location in tiers.Locations.OfType<LocationConfiguration.JetStreamBuckets>())
        {
            await provisioner.EnsureAsync(
                new KeyValueDescription { Bucket = location.ValuesBucket, Replicas = location.Replicas },
                cancellationToken);
            await provisioner.EnsureAsync(
                new ObjectBucketDescription { Bucket = location.ObjectsBucket, Replicas = location.Replicas },
                cancellationToken);
        }
    }

    private static async ValueTask<ILocation> OpenAsync(
        NatsLink link, LocationConfiguration.JetStreamBuckets configured, TiersConfiguration tiers, TimeProvider time,
        CancellationToken cancellationToken) => await JetStreamLocation.OpenAsync(
            link,
            new JetStreamLocationOptions
            {
                Id = configured.Id,
                Traits = configured.TraitsAt(tiers.Placement.FailureDomain),
                KeyValueBucket = configured.ValuesBucket,
                ObjectBucket = configured.ObjectsBucket,
                ServerSyncsAlways = configured.ServersSyncAlways,
            },
            time, cancellationToken);
}
