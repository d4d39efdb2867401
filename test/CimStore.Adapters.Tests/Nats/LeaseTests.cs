using CimStore.Nats;
using CimStore.Nats.Cluster;
using CimStore.Testing.Servers;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace CimStore.Adapters.Tests.Nats;

public sealed class LeaseTests : IAsyncLifetime
{
    private static readonly TimeSpan Term = TimeSpan.FromSeconds(2.4);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly List<NatsLink> _links = [];
    private NatsServers? _servers;
    private string _bucket = "";
    private int _working;
    private int _workingMax;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private NatsServers Servers => _servers!;

    public async ValueTask InitializeAsync()
    {
        _servers = await NatsServers.StartAsync();
        var link = await NatsLink.OpenAsync(new NatsOptions { Servers = Servers.Urls }, null, Token);
        _links.Add(link);
        _bucket = await NatsFixture.MakeKeyValueBucketAsync(link);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var link in _links)
        {
            await link.DisposeAsync();
        }

        await Servers.DisposeAsync();
    }

    [Fact]
    public async Task Of_three_nodes_one_works_and_another_takes_over_when_it_ends()
    {
        var nodes = new List<(CancellationTokenSource Stop, Lease Lease, Task Running)>();
        for (var index = 0; index < 3; index++)
        {
            var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
            var lease = await OpenAsync($"node{index}");
            nodes.Add((stop, lease, lease.RunAsync(WorkAsync, stop.Token)));
        }

        for (var left = 3; left > 0; left--)
        {
            await UntilAsync(() => nodes.Any(static node => node.Lease.IsHeld) && Volatile.Read(ref _working) == 1);
            var holder = nodes.Single(static node => node.Lease.IsHeld);
            await holder.Stop.CancelAsync();
            await holder.Running.WaitAsync(Patience, Token);
            nodes.Remove(holder);
            holder.Stop.Dispose();
        }

        Assert.Equal(1, _workingMax);
    }

    [Fact]
    public async Task A_holder_that_reaches_no_server_stops_before_another_may_begin()
    {
        var lease = await OpenAsync("node0");
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var running = lease.RunAsync(WorkAsync, stop.Token);
        await UntilAsync(() => Volatile.Read(ref _working) == 1);

        // Silent, not closed: as a network that drops everything.
        Servers.Server().Signal("STOP");
        await UntilAsync(() => Volatile.Read(ref _working) == 0);
        Servers.Server().Signal("CONT");

        await UntilAsync(() => Volatile.Read(ref _working) == 1);
        await stop.CancelAsync();
        await running.WaitAsync(Patience, Token);
    }

    [Fact]
    public async Task What_a_killed_node_held_is_taken_after_a_term()
    {
        // What it leaves: its name, and nobody who writes it again.
        await _links[0].JetStream.PublishAsync($"$KV.{_bucket}.outbox", "dead"u8.ToArray(), cancellationToken: Token);
        var heir = await OpenAsync("heir");
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var inheriting = heir.RunAsync(WorkAsync, stop.Token);

        await UntilAsync(() => heir.IsHeld);
        Assert.Equal("heir", heir.HeldBy);
        await stop.CancelAsync();
        await inheriting.WaitAsync(Patience, Token);
    }

    private static async Task UntilAsync(Func<bool> holds)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Token);
        patience.CancelAfter(Patience);
        while (!holds())
        {
            await Task.Delay(10, patience.Token);
        }
    }

    private async Task WorkAsync(CancellationToken token)
    {
        var working = Interlocked.Increment(ref _working);
        _workingMax = Math.Max(_workingMax, working);
        try
        {
            await Task.Delay(Timeout.Infinite, token);
        }
        finally
        {
            Interlocked.Decrement(ref _working);
        }
    }

    private async Task<Lease> OpenAsync(string holder) => new(
        await LinkAsync(), _bucket, "outbox", holder, Term, TimeProvider.System, NullLogger.Instance);

    private async Task<NatsLink> LinkAsync()
    {
        var link = await NatsLink.OpenAsync(
            new NatsOptions { Servers = Servers.Urls, RequestTimeout = TimeSpan.FromSeconds(0.8) }, null, Token);
        _links.Add(link);
        return link;
    }
}
