using System.Net;
using CimStore.Engine;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Testing.Contracts;
using CimStore.Testing.Memory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace CimStore.Server.Tests.Http;

/// <summary>A node gives space back while it serves; the clock is the test's.</summary>
public sealed class CollectorTests
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 23, 0, 0, 0, TimeSpan.Zero));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact, Trait("row", "G10")]
    public async Task A_serving_node_releases_what_is_over_its_grace()
    {
        var engine = await OpenEngineAsync();
        await using var node = await RunningNode.StartAsync(engine: engine, time: _time);
        var cid = (await node.Client.StoreAsync([1, 2, 3], Token)).Cid;
        var deleted = await node.Client.DeleteAsync(cid, DeleteRequest.Default, Token);

        _time.Advance(TimeSpan.FromHours(25));

        await ReleasedAsync(engine, deleted.Lsn);
        Assert.Equal(0, (await engine.StatusAsync(Token)).Space.HeldBytes);
    }

    [Fact]
    public async Task A_node_that_is_told_not_to_collect_does_not()
    {
        var engine = await OpenEngineAsync();
        await using var node = await RunningNode.StartAsync(
            options => options.CollectInterval = TimeSpan.Zero, engine, _time);
        await Collector(node).ExecuteTask!.WaitAsync(Token);
        Assert.Null(Collector(node).Failure);
    }

    [Fact, Trait("row", "G2")]
    public async Task What_was_read_is_told_every_hour_and_when_the_node_stops()
    {
        var ids = new IdSource(_time);
        var store = new MemoryStore(_time, ids);
        var engine = await StorageNode.OpenAsync(
            StorageNodePorts.Of(store), _time, ids, new StorageNodeOptions { ReadEventsMax = 8 }, null, Token);
        await using var node = await RunningNode.StartAsync(engine: engine, time: _time);
        var stored = await node.Client.StoreAsync([1, 2, 3], Token);
        await node.Client.ReadAsync(stored.Cid, Token);
        await node.Client.ReadAsync(stored.Cid, Token);
        Assert.Equal(stored.Receipt.Lsn, store.DurableLsn);

        _time.Advance(TimeSpan.FromHours(1));
        await store.WaitAsync(stored.Receipt.Lsn, Token);
        await node.Client.ReadAsync(stored.Cid, Token);
        await node.Host.StopAsync(Token);

        var told = await store.ReadAsync(stored.Receipt.Lsn, Token).Select(entry => entry.Event).ToListAsync(Token);
        Assert.Equal([2, 1], told.Cast<StorageEvent.Retrieved>().Select(read => read.Count));
    }

    [Fact]
    public async Task A_run_that_failed_shows_in_health_and_the_next_one_heals_it()
    {
        var store = new FailingStore(_time);
        var engine = await OpenEngineAsync(store);
        await using var node = await RunningNode.StartAsync(engine: engine, time: _time);

        _time.Advance(TimeSpan.FromHours(1));
        await store.Failed.Task.WaitAsync(Token);
        var degraded = await HealthAsync(node, text => text.Contains("Degraded", StringComparison.Ordinal));
        _time.Advance(TimeSpan.FromHours(1));
        var healed = await HealthAsync(node, text => !text.Contains("Degraded", StringComparison.Ordinal));

        Assert.Contains("the disk is away", degraded, StringComparison.Ordinal);
        Assert.Contains("collector", healed, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_under_way_ends_when_the_node_stops()
    {
        var store = new FailingStore(_time) { Hangs = true };
        var node = await RunningNode.StartAsync(engine: await OpenEngineAsync(store), time: _time);
        var collector = Collector(node);
        _time.Advance(TimeSpan.FromHours(1));
        await store.Failed.Task.WaitAsync(Token);

        await node.Host.StopAsync(Token);

        Assert.True(collector.ExecuteTask!.IsCompletedSuccessfully);
        Assert.Null(collector.Failure);
        await node.DisposeAsync();
    }

    private static Collector Collector(RunningNode node) => node.Host.Services.GetRequiredService<Collector>();

    private static async Task ReleasedAsync(IStorageClient engine, Lsn after)
    {
        await foreach (var entry in engine.EventsAsync(after, follow: true, Token))
        {
            if (entry.Event is StorageEvent.Released)
            {
                return;
            }
        }
    }

    private static async Task<string> HealthAsync(RunningNode node, Func<string, bool> isAwaited)
    {
        while (true)
        {
            using var reply = await node.Http.GetAsync(new Uri("/health/ready", UriKind.Relative), Token);
            var text = await reply.Content.ReadAsStringAsync(Token);
            Assert.Equal(HttpStatusCode.OK, reply.StatusCode);
            if (isAwaited(text))
            {
                return text;
            }
        }
    }

    private async ValueTask<IStorageClient> OpenEngineAsync(Journal.IStoreMaintenance? maintenance = null)
    {
        var ids = new IdSource(_time);
        var store = new MemoryStore(_time, ids);
        var ports = StorageNodePorts.Of(store);
        return await StorageNode.OpenAsync(
            maintenance is null ? ports : ports with { Maintenance = maintenance }, _time, ids,
            new StorageNodeOptions(), null, Token);
    }

    /// <summary>Compaction fails the first time, or never ends by itself.</summary>
    private sealed class FailingStore(TimeProvider time) : Journal.IStoreMaintenance
    {
        private readonly MemoryStore _store = new(time, new IdSource(time));

        public long GarbageBytes => _store.GarbageBytes;

        public bool Hangs { get; init; }

        public TaskCompletionSource Failed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public System.Collections.Immutable.ImmutableArray<string> Warnings => [];

        public Journal.BytesWritten BytesWritten => _store.BytesWritten;

        public ValueTask<Journal.SpaceLedger> MeasureAsync(CancellationToken cancellationToken) =>
            _store.MeasureAsync(cancellationToken);

        public ValueTask<System.Collections.Immutable.ImmutableArray<string>> CheckAsync(
            Journal.WorkCount done, CancellationToken cancellationToken) =>
            _store.CheckAsync(done, cancellationToken);

        public async ValueTask<long> CompactAsync(CancellationToken cancellationToken)
        {
            var isFirst = Failed.TrySetResult();
            if (Hangs)
            {
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }

            return isFirst ? throw new LocationException(LocationFault.Offline, "the disk is away") : 0;
        }
    }
}
