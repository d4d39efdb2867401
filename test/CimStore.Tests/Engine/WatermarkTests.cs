using CimStore.Content;
using CimStore.Engine;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Policies;
using CimStore.Testing;
using CimStore.Testing.Contracts;
using CimStore.Testing.Memory;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace CimStore.Tests.Engine;

/// <summary>A tier that fills up pushes content out before its time, and takes none back while it is full (D6, D7).
/// </summary>
[Trait("row", "D2")]
public sealed class WatermarkTests : IDisposable
{
    private const int Size = 1000;
    private const int Capacity = 40;

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly MeterReading _meters = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _meters.Dispose();

    [Theory]
    [InlineData(30, 4, 0, StorageTier.Hot, "recent")]
    [InlineData(34, 4, 0, StorageTier.Hot, "recent")]
    [InlineData(36, 0, 36, StorageTier.Warm, "hot-is-full")]
    [InlineData(36, 4, 36, StorageTier.Warm, "hot-is-full")]
    [InlineData(30, 10, 30, StorageTier.Warm, "settling")]
    [InlineData(34, 10, 34, StorageTier.Cold, "cold-early")]
    public async Task Fill_and_age_together_decide_where_content_goes(
        int count, int days, int moved, StorageTier tier, string rule)
    {
        await using var tiers = await OpenAsync();
        var cids = await StoreAsync(tiers, count);

        var planned = await RehearseAsync(tiers, TimeSpan.FromDays(days));
        var cycle = await CycleAsync(tiers, TimeSpan.Zero);

        Assert.Equal(moved, planned.Count);
        Assert.All(planned, move => Assert.Equal((tier, rule), (move.To, move.Rule)));
        Assert.Equal((moved, 0), (cycle.Moved, cycle.NotMoved));
        foreach (var cid in cids)
        {
            Assert.Equal(tier, (await tiers.Node.StatAsync(cid, Token))!.Tier);
        }
    }

    [Fact]
    public async Task What_was_pushed_out_does_not_come_back_when_the_tier_has_room_again()
    {
        await using var tiers = await OpenAsync();
        var cids = await StoreAsync(tiers, 36);
        await CycleAsync(tiers, TimeSpan.FromDays(4));
        foreach (var cid in cids)
        {
            Assert.Equal(StorageTier.Warm, (await tiers.Node.StatAsync(cid, Token))!.Tier);
        }

        // They are young still, and the tier is empty again: but nothing moves twice within its residence.
        var soon = await CycleAsync(tiers, TimeSpan.FromHours(1));
        var later = await CycleAsync(tiers, TimeSpan.FromDays(7));

        Assert.Equal((0, 0), (soon.Moved, later.Moved));
    }

    private async Task<IReadOnlyList<PlannedMove>> RehearseAsync(MemoryTiers tiers, TimeSpan later)
    {
        _time.Advance(later);
        return await tiers.Node.Scavenger!.RehearseAsync(1000, Token);
    }

    private async Task<CycleResult> CycleAsync(MemoryTiers tiers, TimeSpan later)
    {
        _time.Advance(later);
        return await tiers.Node.Scavenger!.RunAsync(Token);
    }

    private static async Task<List<Cid>> StoreAsync(MemoryTiers tiers, int count)
    {
        var cids = new List<Cid>();
        for (var index = 0; index < count; index++)
        {
            cids.Add((await tiers.Node.StoreAsync(
                Samples.Bytes(Size, index), Token,
                StoreRequest.Default with { Class = DurabilityClass.Ephemeral })).Cid);
        }

        return cids;
    }

    private async Task<MemoryTiers> OpenAsync()
    {
        var store = new MemoryStore(_time, new IdSource(_time), "hot") { CapacityBytes = Capacity * Size };
        return await MemoryTiers.OpenAsync(
            _time, _meters, null, store,
            [
                MemoryTiers.Make("warm", StorageTier.Warm, _time), MemoryTiers.Make("cold", StorageTier.Cold, _time),
            ],
            new StorageNodeOptions { ReadEventsMax = 100 }, new BackgroundLimits(), MigrationPolicies.Adaptive);
    }
}
