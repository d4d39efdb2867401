using CimStore.Locations;
using CimStore.Nats;
using CimStore.Nats.Locations;
using CimStore.Testing.Servers;
using NATS.Client.JetStream.Models;
using Xunit;

namespace CimStore.Adapters.Tests.Nats;

/// <summary>One real server for the tests of a class, and a bucket for each test.</summary>
public class NatsFixture : IAsyncLifetime
{
    private static int _buckets;
    private NatsServers? _servers;
    private NatsLink? _link;

    internal static LocationTraits Traits => new()
    {
        Tier = StorageTier.Hot,
        Medium = "jetstream",
        Labels = new Dictionary<string, string> { ["node"] = "n0" },
    };

    public NatsServers Servers => _servers!;

    public NatsLink Link => _link!;

    protected virtual string ServerLines => "";

    public async ValueTask InitializeAsync()
    {
        _servers = await NatsServers.StartAsync(extra: ServerLines);
        _link = await NatsLink.OpenAsync(new NatsOptions { Servers = _servers.Urls }, null, CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        if (_link is not null)
        {
            await _link.DisposeAsync();
        }

        if (_servers is not null)
        {
            await _servers.DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>As any client makes it.</summary>
    public static async Task<string> MakeObjectBucketAsync(NatsLink link, int replicas = 1)
    {
        var bucket = $"objects-{Interlocked.Increment(ref _buckets)}";
        await link.JetStream.CreateStreamAsync(
            new StreamConfig($"OBJ_{bucket}", [$"$O.{bucket}.C.>", $"$O.{bucket}.M.>"])
            {
                Discard = StreamConfigDiscard.New,
                AllowRollupHdrs = true,
                AllowDirect = true,
                NumReplicas = replicas,
            },
            TestContext.Current.CancellationToken);
        return bucket;
    }

    /// <summary>As any client makes it.</summary>
    public static async Task<string> MakeKeyValueBucketAsync(NatsLink link, int replicas = 1)
    {
        var bucket = $"values-{Interlocked.Increment(ref _buckets)}";
        await link.JetStream.CreateStreamAsync(
            new StreamConfig($"KV_{bucket}", [$"$KV.{bucket}.>"])
            {
                Discard = StreamConfigDiscard.New,
                AllowRollupHdrs = true,
                AllowDirect = true,
                DenyDelete = true,
                MaxMsgsPerSubject = 1,
                NumReplicas = replicas,
            },
            TestContext.Current.CancellationToken);
        return bucket;
    }

    internal static BucketLocationOptions OptionsOf(string bucket) => new()
    {
        Id = new LocationId("jet"),
        Traits = Traits,
        Bucket = bucket,
    };

    public async Task<ObjectStoreLocation> OpenObjectsAsync(TimeProvider? time = null) =>
        await ObjectStoreLocation.OpenAsync(
            Link, OptionsOf(await MakeObjectBucketAsync(Link)), time ?? TimeProvider.System, CancellationToken.None);

    public async Task<KeyValueLocation> OpenValuesAsync(TimeProvider? time = null) =>
        await KeyValueLocation.OpenAsync(
            Link, OptionsOf(await MakeKeyValueBucketAsync(Link)), time ?? TimeProvider.System, CancellationToken.None);

    public async Task<JetStreamLocation> OpenBothAsync() => await JetStreamLocation.OpenAsync(
        Link,
        new JetStreamLocationOptions
        {
            Id = new LocationId("jet"),
            Traits = Traits,
            KeyValueBucket = await MakeKeyValueBucketAsync(Link),
            ObjectBucket = await MakeObjectBucketAsync(Link),
        },
        TimeProvider.System, CancellationToken.None);
}
