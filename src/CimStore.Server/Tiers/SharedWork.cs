using System.Collections.Concurrent;
using System.Globalization;
using CimStore.Locations;
using CimStore.Nats;
using CimStore.Nats.Cluster;
using CimStore.Objects;
using CimStore.Server.Configuration;
using Microsoft.Extensions.Logging;

namespace CimStore.Server.Tiers;

/// <summary>
/// Work that a cluster does once, on whichever node has its lease; a node by itself does all of it.
/// </summary>
internal sealed class SharedWork(
    ClusterConfiguration? cluster, TimeProvider time, IdSource ids, ILogger<SharedWork> log)
{
    private static readonly TimeSpan AgainAfter = TimeSpan.FromSeconds(2);

    /// <summary>This process, and no other: also not the one before it on this machine.</summary>
    private readonly string _holder = string.Create(
        CultureInfo.InvariantCulture, $"{Environment.MachineName}.{Environment.ProcessId}.{ids.Next().Value:N}");

    private readonly ConcurrentDictionary<string, Lease> _leases = new();

    /// <summary>Whether the work is this node's now; on a node by itself all of it is.</summary>
    public bool Holds(string work) =>
        cluster is null || (_leases.TryGetValue(work, out var lease) && lease.IsHeld);

    /// <summary>Runs the work for as long as it is this node's to do.</summary>
    /// <param name="work">Its name; one lease a name.</param>
    /// <param name="run">Ends soon after its token is cancelled.</param>
    /// <param name="cancellationToken">Ends it for good.</param>
    public async Task RunAsync(string work, Func<CancellationToken, Task> run, CancellationToken cancellationToken)
    {
        if (cluster is null)
        {
            await run(cancellationToken);
            return;
        }

        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await using var link = await NatsLink.OpenAsync(
                    cluster.Nats!.ToOptions($"cimstore-{work}"), null, cancellationToken);
                var lease = new Lease(
                    link, ClusterConfiguration.Bucket, work, _holder, cluster.LeaseTerm, time, log);
                _leases[work] = lease;
                await lease.RunAsync(run, cancellationToken);
            }
            catch (Exception failure) when (failure is LocationException
                || (failure is OperationCanceledException && cancellationToken.IsCancellationRequested))
            {
                // The servers are away, which the journal tells; or the node stops.
            }

            await Task.Delay(AgainAfter, time, cancellationToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
