using CimStore.Content;
using CimStore.Diagnostics;
using CimStore.Engine;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Testing;
using CimStore.Testing.Contracts;
using CimStore.Testing.Faults;
using CimStore.Testing.Memory;
using Xunit;

namespace CimStore.Tests.Engine;

/// <summary>What readers waited for a location is measured, and held against the class of its tier.</summary>
[Trait("row", "B1")]
public sealed class TierLatencyTests : IDisposable
{
    private const string Metric = "cimstore.location.read.duration";

    private readonly SkippingTime _time = new() { Late = TimeSpan.Zero };
    private readonly MeterReading _meters = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _meters.Dispose();

    [Fact]
    public async Task A_tier_that_nobody_read_is_not_measured()
    {
        await using var node = await OpenAsync(TimeSpan.Zero);

        await node.StoreAsync([1, 2, 3], Token);

        var hot = Assert.Single(node.TierLatencies());
        Assert.Equal((StorageTier.Hot, TimeSpan.FromMilliseconds(1)), (hot.Tier, hot.Bound));
        Assert.Equal((LatencyFigures.None, LatencyFigures.None), (hot.FirstByte, hot.WholeSmall));
        Assert.Equal("hot", Assert.Single(hot.Locations).Location.Name);
        Assert.Equal((null, "not measured"), (hot.IsMet, hot.Verdict));
    }

    [Theory]
    [InlineData(StorageTier.Hot, 0, true, "met")]
    [InlineData(StorageTier.Hot, 1, false, "missed")]
    [InlineData(StorageTier.Warm, 9, true, "met")]
    [InlineData(StorageTier.Warm, 10, false, "missed")]
    [InlineData(StorageTier.Cold, 90, true, "met")]
    [InlineData(StorageTier.Cold, 100, false, "missed")]
    [InlineData(StorageTier.Archive, 3_600_000, true, "met")]
    public async Task Reads_are_held_against_the_bound_of_the_class(
        StorageTier tier, int milliseconds, bool isMet, string verdict)
    {
        var took = TimeSpan.FromMilliseconds(milliseconds);
        await using var node = await OpenAsync(took, tier: tier);
        var cid = (await node.StoreAsync([1, 2, 3], Token)).Cid;

        for (var read = 0; read < 3; read++)
        {
            Assert.Equal([1, 2, 3], await node.ReadAsync(cid, Token));
        }

        var measured = Assert.Single(node.TierLatencies());
        Assert.Equal((tier, 3, 3), (measured.Tier, measured.FirstByte.Count, measured.WholeSmall.Count));
        Assert.InRange(measured.FirstByte.P50!.Value, took, took * 1.0625);
        Assert.InRange(measured.FirstByte.P99!.Value, took, took * 1.0625);
        Assert.Equal(measured.FirstByte, Assert.Single(measured.Locations).FirstByte);
        Assert.Equal((isMet, verdict), (measured.IsMet, measured.Verdict));
        var tag = "tier=" + tier.ToString().ToLowerInvariant();
        Assert.Equal(Enumerable.Repeat((took.TotalSeconds, tag), 3), _meters.Take(Metric));
    }

    [Fact]
    public async Task One_slow_read_of_fifty_is_the_p99_and_not_the_median()
    {
        await using var node = await OpenAsync(TimeSpan.FromMilliseconds(40), slowFrom: 49);
        var cid = (await node.StoreAsync([1, 2, 3], Token)).Cid;

        for (var read = 0; read < 50; read++)
        {
            await node.ReadAsync(cid, Token);
        }

        var hot = Assert.Single(node.TierLatencies());
        Assert.Equal(TimeSpan.Zero, hot.FirstByte.P50);
        Assert.InRange(hot.FirstByte.P99!.Value.TotalMilliseconds, 40, 42.5);
        Assert.False(hot.IsMet);
    }

    [Fact]
    public async Task Of_large_content_and_of_a_range_the_first_proved_bytes_count()
    {
        await using var tiers = await OpenSlowWarmAsync(TimeSpan.FromMilliseconds(3));
        var large = Samples.Bytes(5_000_000, 1);
        var cid = await MoveToWarmAsync(tiers, large);

        Assert.Equal(large, await tiers.Node.ReadAsync(cid, Token));
        Assert.Equal(large[70_000..70_100], await tiers.Node.ReadAsync(cid, Token, 70_000, 100));

        var warm = tiers.Node.TierLatencies()[1];
        Assert.Equal((2, 0), (warm.FirstByte.Count, warm.WholeSmall.Count));

        // Four runs of the first stretch may be waited for one by one; of the other sixteen none is.
        Assert.InRange(warm.FirstByte.P50!.Value.TotalMilliseconds, 3, 3 * 1.0625);
        Assert.InRange(warm.FirstByte.P99!.Value.TotalMilliseconds, 3, 4 * 3 * 1.0625);
    }

    [Fact]
    public async Task What_memory_serves_is_not_the_locations()
    {
        await using var node = await OpenAsync(TimeSpan.Zero, cacheBytes: 1 << 20);
        var cid = (await node.StoreAsync([1, 2, 3], Token)).Cid;

        for (var read = 0; read < 20; read++)
        {
            await node.ReadAsync(cid, Token);
        }

        Assert.InRange(Assert.Single(node.TierLatencies()).FirstByte.Count, 1, 2);
    }

    [Fact]
    public async Task Content_without_bytes_says_nothing_about_a_location()
    {
        await using var node = await OpenAsync(TimeSpan.Zero);
        var cid = (await node.StoreAsync([], Token)).Cid;

        Assert.Empty((await node.ReadAsync(cid, Token))!);

        Assert.Equal(0, Assert.Single(node.TierLatencies()).FirstByte.Count);
    }

    [Fact]
    public async Task Each_location_counts_for_the_copy_it_gave_and_each_tier_for_its_locations()
    {
        await using var tiers = await OpenSlowWarmAsync(TimeSpan.FromMilliseconds(20));
        var cid = await MoveToWarmAsync(tiers, [1, 2, 3]);

        await tiers.Node.ReadAsync(cid, Token);

        var latencies = tiers.Node.TierLatencies();
        Assert.Equal([StorageTier.Hot, StorageTier.Warm], latencies.Select(static tier => tier.Tier));
        Assert.Equal((0, null), (latencies[0].FirstByte.Count, latencies[0].IsMet));
        Assert.Equal((1, false), (latencies[1].FirstByte.Count, latencies[1].IsMet));
        Assert.InRange(latencies[1].FirstByte.P99!.Value.TotalMilliseconds, 20, 20 * 1.0625);
        Assert.Equal([(0.02, "tier=warm")], _meters.Take(Metric));
    }

    /// <summary>The copy is made, and proved, by slow reads that nobody waits for.</summary>
    private static async Task<Cid> MoveToWarmAsync(MemoryTiers tiers, byte[] content)
    {
        var stored = await tiers.Node.StoreAsync(
            content, Token,
            StoreRequest.Default with { Class = DurabilityClass.Ephemeral, Level = ConsistencyLevel.Strong });
        var moved = await tiers.Node.MigrateAsync(
            stored.Cid, new MigrateRequest(StorageTier.Warm, CommandIdentity.None), Token);
        Assert.Equal(["warm"], moved.Replicas.Select(static copy => copy.Location.Name));
        return stored.Cid;
    }

    private async Task<MemoryTiers> OpenSlowWarmAsync(TimeSpan readTakes)
    {
        var plan = new LocationFaultPlan().At(
            LocationOperation.Read, 0, new LocationMishap.Stall(readTakes), int.MaxValue);
        return await MemoryTiers.OpenAsync(_time, _meters, _ => plan, ("warm", StorageTier.Warm));
    }

    private async Task<StorageNode> OpenAsync(
        TimeSpan readTakes, int slowFrom = 0, long cacheBytes = 0, StorageTier tier = StorageTier.Hot)
    {
        var ids = new IdSource(_time);
        var store = new MemoryStore(_time, ids);
        store = new MemoryStore(_time, ids) { Traits = store.Traits with { Tier = tier } };
        var plan = new LocationFaultPlan().At(
            LocationOperation.Read, slowFrom, new LocationMishap.Stall(readTakes), int.MaxValue);
        var ports = StorageNodePorts.Of(store) with { Locations = [new FaultyLocation(store, plan, _time)] };
        var options = new StorageNodeOptions();
        options.Cache.SizeMaxBytes = cacheBytes;
        return await StorageNode.OpenAsync(ports, _time, ids, options, new NodeMetrics(_meters), Token);
    }
}
