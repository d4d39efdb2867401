using CimStore.Locations;
using CimStore.Nats;
using CimStore.Nats.Locations;
using CimStore.Nats.Provisioning;
using CimStore.Testing.Contracts;
using CimStore.Testing.Servers;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace CimStore.Adapters.Tests.Nats;

public sealed class ClusterTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("row", "B2")]
    [Trait("row", "D14")]
    public async Task With_three_copies_reads_and_writes_go_on_when_one_server_dies()
    {
        await using var servers = await NatsServers.StartAsync(count: 3);
        await using var link = await NatsLink.OpenAsync(
            new NatsOptions { Servers = servers.Urls, RequestTimeout = TimeSpan.FromSeconds(2) }, null, Token);
        var provisioner = new Provisioner(link, TimeProvider.System, NullLogger.Instance) { MarkerReplicas = 3 };
        await provisioner.EnsureAsync(new KeyValueDescription { Bucket = "small", Replicas = 3 }, Token);
        await provisioner.EnsureAsync(new ObjectBucketDescription { Bucket = "large", Replicas = 3 }, Token);
        var location = await JetStreamLocation.OpenAsync(
            link,
            new JetStreamLocationOptions
            {
                Id = new LocationId("jet"),
                Traits = NatsFixture.Traits,
                KeyValueBucket = "small",
                ObjectBucket = "large",
            },
            TimeProvider.System, Token);
        var contents = new[] { Samples.Bytes(1000, 1), Samples.Bytes(1_500_000, 2) };
        var before = await AdmitAllAsync(location, contents);

        servers.Kill(LeaderOf(await location.Objects.StreamAsync(Token)));

        // The next leader is elected in some seconds; until then a request fails, and says that it may be asked again.
        var after = await AgainAsync(
            () => AdmitAllAsync(location, [Samples.Bytes(1001, 3), Samples.Bytes(1_500_001, 4)]));
        foreach (var (key, copy) in before.Concat(after))
        {
            var condition = await AgainAsync(async () => await location.InspectAsync(key, copy, null, Token));
            Assert.True(condition!.IsWhole, string.Join(' ', condition.Faults));
        }

        await provisioner.EnsureAsync(new ObjectBucketDescription { Bucket = "more", Replicas = 3 }, Token);
    }

    private static int LeaderOf(NATS.Client.JetStream.Models.StreamInfo info) => info.Cluster!.Leader![1] - '0';

    private static async Task<List<(ContentKey Key, Copy Copy)>> AdmitAllAsync(ILocation location, byte[][] contents)
    {
        var copies = new List<(ContentKey, Copy)>();
        foreach (var content in contents)
        {
            copies.Add(await ObjectStoreFaultTests.AdmitAsync(location, content));
        }

        return copies;
    }

    private static async Task<T> AgainAsync<T>(Func<Task<T>> attempt)
    {
        for (var failures = 0; ; failures++)
        {
            try
            {
                return await attempt();
            }
            catch (LocationException) when (failures < 20)
            {
                await Task.Delay(500, Token);
            }
        }
    }
}
