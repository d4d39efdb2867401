using System.Collections.Concurrent;
using CimStore.Content;
using CimStore.Engine;
using CimStore.Locations;
using CimStore.Nats;
using CimStore.Nats.Journal;
using CimStore.Objects;
using CimStore.Testing.Contracts;
using CimStore.Testing.Servers;
using Xunit;

namespace CimStore.Adapters.Tests.Nats;

/// <summary>A journal on three real servers, some of which are killed.</summary>
public sealed class JournalClusterTests : IAsyncLifetime
{
    private const int Writers = 8;
    private const int StoresEach = 40;

    private readonly JournalOptions _options = ClusterStore.NewJournal(replicas: 3);
    private readonly List<NatsLink> _links = [];
    private NatsServers? _servers;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private NatsServers Servers => _servers!;

    public async ValueTask InitializeAsync() => _servers = await NatsServers.StartAsync(3);

    public async ValueTask DisposeAsync()
    {
        foreach (var link in _links)
        {
            await link.DisposeAsync();
        }

        await Servers.DisposeAsync();
    }

    [Fact]
    [Trait("row", "D9")]
    public async Task Nothing_acknowledged_is_lost_when_the_leader_is_killed_again_and_again()
    {
        var home = ClusterStore.NewHome();
        await using var a = await OpenNodeAsync(home);
        await using var b = await OpenNodeAsync(home);
        var acknowledged = new ConcurrentDictionary<Cid, byte[]>();
        var writing = Enumerable.Range(0, Writers).Select(writer => Task.Run(async () =>
        {
            for (var index = 0; index < StoresEach; index++)
            {
                var content = Samples.Bytes(200 + index, (writer * 1000) + index);
                try
                {
                    var stored = await (index % 2 == 0 ? a : b).StoreAsync(content, Token);
                    acknowledged[stored.Cid] = content;
                }
                catch (LocationException unknown) when (unknown.Fault is not LocationFault.Conflict)
                {
                    // Nothing was promised.
                }
            }
        })).ToArray();

        for (var kill = 0; kill < 2; kill++)
        {
            await UntilAsync(() => acknowledged.Count >= (kill + 1) * 80);
            var leader = await LeaderAsync();
            Servers.Kill(leader);
            await Task.Delay(TimeSpan.FromSeconds(2), Token);
            await Servers.StartAsync(leader);
        }

        await Task.WhenAll(writing);
        await using var late = await OpenNodeAsync(home);
        foreach (var (cid, content) in acknowledged)
        {
            Assert.Equal(content, await late.ReadAsync(cid, Token));
        }

        Assert.True(acknowledged.Count > Writers * StoresEach / 2, $"{acknowledged.Count} were acknowledged");
        var events = await late.EventsAsync(Lsn.None, false, Token).ToListAsync(Token);
        Assert.Equal(events.Count, events.DistinctBy(static entry => entry.EventId).Count());
        Assert.Equal(
            events.Count, events.OfType<Journal.JournalEntry>().DistinctBy(static entry => entry.EventCid).Count());
    }

    [Fact]
    [Trait("row", "D9")]
    public async Task The_smaller_side_refuses_writes_and_serves_blocks()
    {
        var home = ClusterStore.NewHome();
        _options.Patience = TimeSpan.FromSeconds(3);
        await using var node = await OpenNodeAsync(home);
        var content = Samples.Bytes(5000, 1);
        var stored = await node.StoreAsync(content, Token);
        var leader = await LeaderAsync();
        Servers.Kill(leader);
        Servers.Kill((leader + 1) % 3);

        var refused = await Assert.ThrowsAsync<LocationException>(
            async () => await node.StoreAsync(Samples.Bytes(5000, 2), Token));
        var read = await node.ReadAsync(stored.Cid, Token);

        Assert.Equal(LocationFault.Unknown, refused.Fault);
        Assert.Equal(content, read);
        await Servers.StartAsync(leader);
        await Servers.StartAsync((leader + 1) % 3);
        await UntilAsync(async () => await TryStoreAsync(node, Samples.Bytes(5000, 3)));
        Assert.Equal(content, await node.ReadAsync(stored.Cid, Token));
    }

    private static async Task<bool> TryStoreAsync(StorageNode node, byte[] content)
    {
        try
        {
            await node.StoreAsync(content, Token);
            return true;
        }
        catch (LocationException)
        {
            return false;
        }
    }

    private static Task UntilAsync(Func<bool> holds) => UntilAsync(() => Task.FromResult(holds()));

    private static async Task UntilAsync(Func<Task<bool>> holds)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Token);
        patience.CancelAfter(TimeSpan.FromSeconds(90));
        while (!await holds())
        {
            await Task.Delay(20, patience.Token);
        }
    }

    private async Task<StorageNode> OpenNodeAsync(ILocation home)
    {
        var link = await NatsLink.OpenAsync(new NatsOptions { Servers = Servers.Urls }, null, Token);
        _links.Add(link);
        StorageNode? node = null;
        await UntilAsync(async () =>
        {
            try
            {
                node = await ClusterStore.OpenNodeAsync(link, _options, home, Token);
                return true;
            }
            catch (LocationException)
            {
                // The cluster has no leader yet.
                return false;
            }
        });
        return node!;
    }

    private async Task<int> LeaderAsync()
    {
        await using var link = await NatsLink.OpenAsync(new NatsOptions { Servers = Servers.Urls }, null, Token);
        var leader = "";
        await UntilAsync(async () =>
        {
            try
            {
                leader = (await link.JetStream.GetStreamAsync(_options.Stream, cancellationToken: Token))
                    .Info.Cluster?.Leader ?? "";
            }
            catch (Exception failure) when (failure is not OperationCanceledException)
            {
                leader = "";
            }

            return leader.Length > 0;
        });
        return int.Parse(leader[1..], System.Globalization.CultureInfo.InvariantCulture);
    }
}
