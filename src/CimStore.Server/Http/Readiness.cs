using System.Collections.Immutable;
using CimStore.Engine;
using CimStore.Http;
using CimStore.Locations;
using CimStore.Server.Foreign;
using CimStore.Server.Messaging;
using CimStore.Server.Tiers;
using CimStore.Server.Uploads;
using Microsoft.Extensions.Hosting;

namespace CimStore.Server.Http;

/// <summary>Whether the node can keep its promises now; the worst check wins (D23).</summary>
internal sealed class Readiness(
    IStorageClient node, ServerLimits limits, Collector collector, TierWorker tiers,
    UploadRegistry uploads, ForeignIngress foreign, NatsWorker nats, IHostApplicationLifetime lifetime)
{
    public const string Healthy = "Healthy";
    public const string Degraded = "Degraded";
    public const string Unhealthy = "Unhealthy";

    /// <summary>Check and log have all of them.</summary>
    private const int UnreadableTold = 16;

    public async ValueTask<WireTypes.HealthReply> CheckAsync(CancellationToken cancellationToken)
    {
        var checks = ImmutableArray.CreateBuilder<WireTypes.HealthCheckReply>();
        checks.Add(lifetime.ApplicationStopping.IsCancellationRequested
            ? new("host", Unhealthy, "The node is stopping.")
            : new("host", Healthy, "The node takes requests."));
        checks.Add(collector.Failure is { } failed
            ? new("collector", Degraded, $"Giving back space failed: {failed}")
            : new("collector", Healthy, "Nothing failed."));
        checks.Add(tiers.Failure is { } stuck
            ? new("tiers", Degraded, $"Work on the tiers failed: {stuck}")
            : new("tiers", Healthy, "Nothing failed."));
        checks.Add(tiers.Difference is { } difference
            ? new("fsck", Degraded, difference)
            : new("fsck", Healthy, "Catalog and locations agree, as far as they were compared."));
        checks.AddRange(uploads.Unreadable.Take(UnreadableTold).Select(static unreadable =>
            new WireTypes.HealthCheckReply("upload", Degraded, unreadable.Detail)));
        checks.AddRange(await nats.CheckAsync(cancellationToken));
        checks.Add(CheckLetters());
        checks.AddRange(foreign.Box.Unreadable.Take(UnreadableTold).Select(static unreadable =>
            new WireTypes.HealthCheckReply("dead-letter", Degraded, unreadable.Detail)));
        try
        {
            var status = await node.StatusAsync(cancellationToken);
            checks.Add(new("store", Healthy, $"The store answers; durable up to {status.DurableLsn}."));
            checks.Add(CheckSpace(status));
            checks.AddRange(status.Warnings.Select(warning =>
                new WireTypes.HealthCheckReply("warning", Degraded, warning)));
        }
        catch (LocationException failure)
        {
            checks.Add(new("store", Unhealthy, failure.Message));
        }

        return new WireTypes.HealthReply(Worst(checks), checks.ToImmutable());
    }

    private WireTypes.HealthCheckReply CheckLetters()
    {
        var (count, countMax) = foreign.Box.Fill;
        return count >= countMax && countMax > 0
            ? new("dead-letters", Degraded, $"{count} are kept, as many as may be; the next is refused.")
            : new("dead-letters", Healthy, $"{count} are kept.");
    }

    private WireTypes.HealthCheckReply CheckSpace(NodeStatus status) =>
        status.Space.FreeBytes < limits.FreeSpaceMinBytes
            ? new("space",
                Unhealthy, $"{status.Space.FreeBytes} bytes are free; {limits.FreeSpaceMinBytes} are needed to store.")
            : new("space", Healthy, $"{status.Space.FreeBytes} bytes are free.");

    private static string Worst(IEnumerable<WireTypes.HealthCheckReply> checks) =>
        checks.Any(check => check.Status == Unhealthy) ? Unhealthy
        : checks.Any(check => check.Status == Degraded) ? Degraded
        : Healthy;
}
