using CimStore.Locations;
using CimStore.Objects;
using CimStore.Testing.Contracts;
using CimStore.Testing.Faults;
using CimStore.Testing.Memory;
using Xunit;

namespace CimStore.Tests.Engine;

/// <summary>What a repair finds of content of which no copy is right, and what it says of it.</summary>
[Trait("row", "D9")]
public sealed class RepairTests
{
    private const int Large = 300_000;

    private bool _isAway;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_copy_with_a_damaged_tree_is_what_a_wrong_one_is_made_from()
    {
        var tiers = await OpenAsync();
        var content = Samples.Bytes(Large, 1);
        await tiers.StoreAsync(content, DurabilityClass.Standard, ConsistencyLevel.Strong);
        await RotTreeAsync(tiers, content);
        await tiers.RotAsync(content, "warm");

        var scrub = await tiers.Node.Scrubber!.RunAllAsync(null, Token);

        Assert.Equal((2, 1, 0, 0), (scrub.Wrong, scrub.Repaired, scrub.Owing, scrub.Hopeless));
        Assert.Equal("hot warm", SimulatedTiers.PlacesOf((await tiers.RecordOfAsync(content))!));
        Assert.Empty(await tiers.BrokenPromisesAsync());
    }

    [Fact]
    public async Task Content_found_wrong_is_not_called_hopeless_before_a_repair_was_tried()
    {
        var tiers = await OpenAsync();
        var content = Samples.Bytes(Large, 2);
        await tiers.StoreAsync(content, DurabilityClass.Ephemeral, ConsistencyLevel.Strong);
        await RotTreeAsync(tiers, content);

        // Without what the node remembers of it.
        await tiers.OpenAsync();
        var range = await CopiesInMemory.ReadAsync(tiers.Node, Samples.CidOf(content), 1000, 100);
        var owed = Assert.Single(await tiers.Node.DebtsAsync(10, Token));
        var cycle = await tiers.CycleAsync(TimeSpan.Zero);

        Assert.Equal(content[1000..1100], range);
        Assert.False(owed.IsHopeless);
        Assert.Equal((1, 0), (cycle.DebtsPaid, cycle.DebtsLeft));
        Assert.Empty(await tiers.Node.DebtsAsync(10, Token));
    }

    [Fact]
    public async Task Content_with_a_copy_that_is_away_is_not_hopeless()
    {
        var tiers = await OpenAsync();
        var content = Samples.Bytes(Large, 3);
        await tiers.StoreAsync(content, DurabilityClass.Standard, ConsistencyLevel.Strong);
        await tiers.RotAsync(content, "hot");
        await tiers.RotAsync(content, "warm");
        await tiers.Node.Scrubber!.RunAllAsync(null, Token);
        var lost = Assert.Single(await tiers.Node.DebtsAsync(10, Token));

        _isAway = true;
        await tiers.CycleAsync(TimeSpan.FromDays(1));
        var away = Assert.Single(await tiers.Node.DebtsAsync(10, Token));
        _isAway = false;
        await tiers.CycleAsync(TimeSpan.FromDays(1));
        var back = Assert.Single(await tiers.Node.DebtsAsync(10, Token));

        Assert.Equal((true, false, true), (lost.IsHopeless, away.IsHopeless, back.IsHopeless));
    }

    private static async Task RotTreeAsync(SimulatedTiers tiers, byte[] content)
    {
        var record = (await tiers.RecordOfAsync(content))!;
        tiers.Store.Rot(record.Copies.Single(copy => copy.Location.Name == "hot").Incarnation, 0, inTree: true);
    }

    private async Task<SimulatedTiers> OpenAsync()
    {
        var tiers = new SimulatedTiers();
        tiers.Bind("warm", StorageTier.Warm);
        tiers.PlanOf("warm").While(() => _isAway, new LocationMishap.Before(LocationFault.Offline));
        await tiers.OpenAsync();
        return tiers;
    }
}
