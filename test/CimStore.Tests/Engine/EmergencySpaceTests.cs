using CimStore.Content;
using CimStore.Engine;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Testing;
using CimStore.Testing.Contracts;
using CimStore.Testing.Faults;
using CimStore.Testing.Memory;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace CimStore.Tests.Engine;

/// <summary>
/// Filled to its limit a location takes nothing new, gives up what others hold too, and takes in again by itself (D19).
/// </summary>
[Trait("row", "G9")]
public sealed class EmergencySpaceTests : IDisposable
{
    private const int Size = 1000;

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly MeterReading _meters = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _meters.Dispose();

    [Fact]
    public async Task At_the_limit_a_store_is_refused_with_what_to_do_and_everything_else_goes_on()
    {
        await using var tiers = await OpenAsync();
        tiers.Store.CapacityBytes = 20 * Size;
        var cids = await StoreAsync(tiers, 19, DurabilityClass.Ephemeral);

        var refused = await RefusedAsync(tiers, Samples.Bytes(Size, 100));
        var staged = await RefusedAsync(tiers, Samples.Bytes(2 << 20, 101));
        var many = await Assert.ThrowsAsync<LocationException>(() => tiers.Node.StoreManyAsync(
            [new StoreItem(new(Samples.Bytes(Size, 102)), null)], StoreRequest.Default, Token).AsTask());
        var again = await tiers.Node.StoreAsync(Samples.Bytes(Size, 0), Token);
        var moved = await tiers.Node.MigrateAsync(
            cids[1], new MigrateRequest(StorageTier.Warm, CommandIdentity.None), Token);
        var deleted = await tiers.Node.DeleteAsync(cids[2], Now, Token);

        Assert.All(new[] { refused, staged, many }, static failure =>
        {
            Assert.Equal(LocationFault.IntakeStopped, failure.Fault);
            Assert.Contains("hot is filled to 95.0 %; from 95.0 % on", failure.Message, StringComparison.Ordinal);
            Assert.Contains("before it is below 90.0 %", failure.Message, StringComparison.Ordinal);
            Assert.Contains("delete content, add space", failure.Message, StringComparison.Ordinal);
        });
        Assert.Throws<LocationException>(tiers.Node.RequireIntake);
        Assert.True(again.Deduplicated);
        Assert.True(moved.Changed);
        Assert.True(deleted.Found);
        Assert.Equal(Samples.Bytes(Size, 3), await tiers.Node.ReadAsync(cids[3], Token));
        Assert.Contains(
            (await tiers.Node.StatusAsync(Token)).Warnings,
            static warning => warning.Contains("hot is filled to", StringComparison.Ordinal)
                && warning.Contains("its limit is 95.0 %", StringComparison.Ordinal));
    }

    [Fact]
    public async Task With_room_again_it_takes_in_by_itself_but_not_before_it_is_below_the_lower_share()
    {
        await using var tiers = await OpenAsync();
        tiers.Store.CapacityBytes = 20 * Size;
        var cids = await StoreAsync(tiers, 19, DurabilityClass.Ephemeral);
        await RefusedAsync(tiers, Samples.Bytes(Size, 100));

        await GiveUpAsync(tiers, cids[0]);
        await RefusedAsync(tiers, Samples.Bytes(Size, 101));
        await GiveUpAsync(tiers, cids[1]);
        var stored = await tiers.Node.StoreAsync(Samples.Bytes(Size, 102), Token);

        Assert.False(stored.Deduplicated);
        tiers.Node.RequireIntake();
        Assert.DoesNotContain(
            (await tiers.Node.StatusAsync(Token)).Warnings,
            static warning => warning.Contains("filled", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_cycle_gives_up_the_longest_unused_copies_that_the_class_does_not_need_there()
    {
        await using var tiers = await OpenAsync(("warm", StorageTier.Warm), ("cold", StorageTier.Cold));
        var spare = await StoreAsync(tiers, 6, DurabilityClass.Standard);
        var needed = await StoreAsync(tiers, 6, DurabilityClass.Standard, seed: 50);
        foreach (var cid in spare)
        {
            await tiers.Node.ReplicateAsync(cid, new ReplicateRequest(3, CommandIdentity.None), Token);
        }

        _time.Advance(TimeSpan.FromHours(1));
        await tiers.Node.ReadAsync(spare[0], Token);
        await tiers.Node.TellReadsAsync(Token);
        tiers.Store.CapacityBytes = 12 * Size;

        var cycle = await tiers.Node.Scavenger!.RunAsync(Token);

        // Of 12 at most 10.8 may stay: two go, and the one that was read lately is not among them.
        Assert.Equal(2, cycle.Evicted);
        Assert.Contains("hot", await WhereAsync(tiers, spare[0]));
        Assert.Equal(4, await CountAsync(tiers, spare, "hot"));
        Assert.Equal(6, await CountAsync(tiers, needed, "hot"));
        Assert.All(spare, cid => Assert.True(WhereAsync(tiers, cid).Result.Count >= 2));
        await tiers.Node.StoreAsync(Samples.Bytes(10, 200), Token);
        Assert.Equal(0, (await tiers.Node.Scavenger.RunAsync(Token)).Evicted);
        for (var index = 0; index < 6; index++)
        {
            Assert.Equal(Samples.Bytes(Size, index), await tiers.Node.ReadAsync(spare[index], Token));
        }
    }

    [Fact]
    public async Task A_copy_stays_when_the_location_of_the_other_does_not_answer_or_has_lost_it()
    {
        var isAway = false;
        var plan = new LocationFaultPlan().While(() => isAway, new LocationMishap.Before(LocationFault.Offline));
        await using var tiers = await OpenAsync(_ => plan, ("warm", StorageTier.Warm));
        var cids = await StoreAsync(tiers, 4, DurabilityClass.Ephemeral);
        foreach (var cid in cids)
        {
            await tiers.Node.ReplicateAsync(cid, new ReplicateRequest(2, CommandIdentity.None), Token);
        }

        var lost = (await tiers.Node.StatAsync(cids[0], Token))!;
        tiers.Others[0].Lose(lost.Key, lost.Copies.First(static copy => copy.Location.Name == "warm"), 0);
        await tiers.Others[0].ReleaseAsync(
            lost.Key, lost.Copies.First(static copy => copy.Location.Name == "warm").Incarnation, Token);
        tiers.Store.CapacityBytes = 4 * Size;

        isAway = true;
        var away = await tiers.Node.Scavenger!.RunAsync(Token);
        isAway = false;
        _time.Advance(TimeSpan.FromMinutes(1));
        tiers.Store.CapacityBytes = Size;
        var back = await tiers.Node.Scavenger.RunAsync(Token);

        Assert.Equal(0, away.Evicted);
        Assert.Equal(3, back.Evicted);
        Assert.Contains("hot", await WhereAsync(tiers, cids[0]));
        Assert.Equal(Samples.Bytes(Size, 0), await tiers.Node.ReadAsync(cids[0], Token));
    }

    [Fact]
    public async Task What_is_read_now_stays_and_so_does_everything_while_the_cycle_is_paused()
    {
        await using var tiers = await OpenAsync(("warm", StorageTier.Warm));
        var cid = (await StoreAsync(tiers, 1, DurabilityClass.Ephemeral))[0];
        await tiers.Node.ReplicateAsync(cid, new ReplicateRequest(2, CommandIdentity.None), Token);
        tiers.Store.CapacityBytes = Size;

        tiers.Node.Scavenger!.IsPaused = true;
        var paused = await tiers.Node.Scavenger.RunAsync(Token);
        tiers.Node.Scavenger.IsPaused = false;
        var reader = await tiers.Node.OpenAsync(cid, RetrieveRequest.Default, Token);
        var read = await tiers.Node.Scavenger.RunAsync(Token);
        await reader!.DisposeAsync();
        var free = await tiers.Node.Scavenger.RunAsync(Token);

        Assert.Equal((0, 0, 1), (paused.Evicted, read.Evicted, free.Evicted));
        Assert.Equal(["warm"], await WhereAsync(tiers, cid));
        Assert.Equal(StorageTier.Warm, (await tiers.Node.StatAsync(cid, Token))!.Tier);
    }

    [Fact]
    public async Task A_full_location_gets_no_copies_and_what_is_owed_goes_to_another()
    {
        var full = MemoryTiers.Make("warm", StorageTier.Warm, _time, capacityBytes: 20 * Size);
        var cold = MemoryTiers.Make("cold", StorageTier.Cold, _time);
        await using var tiers = await MemoryTiers.OpenAsync(
            _time, _meters, null, new MemoryStore(_time, new IdSource(_time), "hot"), [full, cold],
            new StorageNodeOptions(), new BackgroundLimits());
        await FillAsync(full, 19);
        await tiers.Node.Scavenger!.RunAsync(Token);

        var stored = await tiers.Node.StoreAsync(
            Samples.Bytes(Size, 1), Token,
            StoreRequest.Default with { Class = DurabilityClass.Standard, Level = ConsistencyLevel.Eventual });
        var cycle = await tiers.Node.Scavenger.RunAsync(Token);
        var third = await Assert.ThrowsAsync<LocationException>(() => tiers.Node.ReplicateAsync(
            stored.Cid, new ReplicateRequest(3, CommandIdentity.None), Token).AsTask());

        Assert.Equal((1, 0), (cycle.DebtsPaid, cycle.DebtsLeft));
        Assert.Equal(["hot", "cold"], await WhereAsync(tiers, stored.Cid));
        Assert.Contains("no location can take another now", third.Message, StringComparison.Ordinal);
        Assert.Contains(
            (await tiers.Node.StatusAsync(Token)).Warnings,
            static warning => warning.Contains("warm is filled to 95.0 %", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_debt_is_paid_while_the_log_that_holds_the_first_copy_is_full()
    {
        await using var tiers = await OpenAsync(("warm", StorageTier.Warm));
        var stored = await tiers.Node.StoreAsync(
            Samples.Bytes(Size, 1), Token,
            StoreRequest.Default with { Class = DurabilityClass.Standard, Level = ConsistencyLevel.Eventual });
        tiers.Store.CapacityBytes = Size;

        var cycle = await tiers.Node.Scavenger!.RunAsync(Token);

        Assert.Equal((0, 1, 0), (cycle.Evicted, cycle.DebtsPaid, cycle.DebtsLeft));
        Assert.Equal(["hot", "warm"], await WhereAsync(tiers, stored.Cid));
    }

    [Fact]
    public async Task Large_content_that_would_not_fit_is_refused_before_or_while_it_comes_and_others_still_fit()
    {
        await using var tiers = await OpenAsync();
        tiers.Store.CapacityBytes = 10_000_000;
        var large = Samples.Bytes(9_600_000, 1);

        var announced = await RefusedAsync(
            tiers, large, StoreRequest.Default with { LengthBytes = large.Length });
        var small = await tiers.Node.StoreAsync(Samples.Bytes(2_000_000, 2), Token);

        Assert.Equal(LocationFault.IntakeStopped, announced.Fault);
        Assert.Contains("does not fit", announced.Message, StringComparison.Ordinal);
        Assert.Equal(2_000_000, small.SizeBytes);
        tiers.Node.RequireIntake();
    }

    [Fact]
    public async Task A_disk_that_says_itself_that_it_is_full_counts_as_full_until_there_is_room()
    {
        await using var tiers = await OpenAsync();
        tiers.Store.CapacityBytes = 20 * Size;
        await StoreAsync(tiers, 18, DurabilityClass.Ephemeral);
        tiers.Store.BeforeAppend = static _ => throw new LocationException(LocationFault.Full, "The reserve is left.");

        var first = await RefusedAsync(tiers, Samples.Bytes(Size, 100));
        tiers.Store.BeforeAppend = null;
        var second = await RefusedAsync(tiers, Samples.Bytes(Size, 101));
        tiers.Store.CapacityBytes = 30 * Size;
        await tiers.Node.StoreAsync(Samples.Bytes(Size, 102), Token);

        Assert.Equal((LocationFault.Full, LocationFault.IntakeStopped), (first.Fault, second.Fault));
    }

    [Fact]
    public async Task Where_nothing_can_go_all_objects_are_looked_at_ever_less_often_until_something_changed()
    {
        await using var tiers = await OpenAsync(("warm", StorageTier.Warm), ("cold", StorageTier.Cold));
        var cids = await StoreAsync(tiers, 4, DurabilityClass.Standard);
        var roomy = await LooksAsync(tiers);
        tiers.Store.CapacityBytes = 4 * Size;

        var looks = new List<int>();
        for (var minute = 0; minute < 120; minute++)
        {
            if (await LooksAsync(tiers) > roomy)
            {
                looks.Add(minute);
            }

            _time.Advance(TimeSpan.FromMinutes(1));
        }

        tiers.Store.CapacityBytes = 3 * Size;
        var withOtherRoom = await LooksAsync(tiers);
        var withNothingNew = await LooksAsync(tiers);
        await tiers.Node.ReplicateAsync(cids[0], new ReplicateRequest(3, CommandIdentity.None), Token);
        var cycle = await tiers.Node.Scavenger!.RunAsync(Token);

        Assert.Equal([0, 1, 3, 7, 15, 31, 63], looks);
        Assert.Equal((roomy + 1, roomy), (withOtherRoom, withNothingNew));
        Assert.Equal(1, cycle.Evicted);
    }

    /// <returns>How often one cycle went over all objects.</returns>
    private static async Task<int> LooksAsync(MemoryTiers tiers)
    {
        var before = tiers.Store.Listings;
        await tiers.Node.Scavenger!.RunAsync(Token);
        return tiers.Store.Listings - before;
    }

    private static DeleteRequest Now => DeleteRequest.Default with { Grace = TimeSpan.Zero };

    private static async Task GiveUpAsync(MemoryTiers tiers, Cid cid)
    {
        await tiers.Node.DeleteAsync(cid, Now, Token);
        await tiers.Node.CollectAsync(Token);
    }

    [Fact]
    public async Task What_a_full_tier_refused_moves_in_the_first_cycle_with_room_again()
    {
        var store = new MemoryStore(_time, new IdSource(_time), "hot");
        var warm = MemoryTiers.Make("warm", StorageTier.Warm, _time, capacityBytes: 10 * Size);
        await using var tiers = await MemoryTiers.OpenAsync(
            _time, _meters, null, store, [warm], new StorageNodeOptions(), new BackgroundLimits());
        await FillAsync(warm, 10);
        await StoreAsync(tiers, 3, DurabilityClass.Ephemeral);
        _time.Advance(TimeSpan.FromDays(8));

        var full = await tiers.Node.Scavenger!.RunAsync(Token);
        var soon = await tiers.Node.Scavenger.RunAsync(Token);
        warm.CapacityBytes = 1000 * Size;
        _time.Advance(TimeSpan.FromMinutes(1));
        var room = await tiers.Node.Scavenger.RunAsync(Token);

        Assert.Equal((3, 0, 3), (full.Looked, full.Moved, full.NotMoved));
        Assert.Equal(3, Assert.Single(full.NotMovedBecause, static why => why.Key == "location-full").Value);
        Assert.Equal((0, 0), (soon.Looked, soon.NotMoved));
        Assert.Empty(soon.NotMovedBecause);
        Assert.Equal((3, 3, 0), (room.Looked, room.Moved, room.NotMoved));
    }

    [Fact]
    public async Task A_cycle_says_how_many_were_not_moved_for_which_reason()
    {
        var isAway = true;
        var plan = new LocationFaultPlan().While(() => isAway, new LocationMishap.Before(LocationFault.Offline));
        await using var tiers = await OpenAsync(_ => plan, ("warm", StorageTier.Warm));
        await StoreAsync(tiers, 2, DurabilityClass.Ephemeral);
        _time.Advance(TimeSpan.FromDays(8));

        var away = await tiers.Node.Scavenger!.RunAsync(Token);
        isAway = false;
        _time.Advance(TimeSpan.FromMinutes(10));
        var back = await tiers.Node.Scavenger.RunAsync(Token);
        _time.Advance(TimeSpan.FromDays(22));
        var later = await tiers.Node.Scavenger.RunAsync(Token);

        Assert.Equal("location-away", Assert.Single(away.NotMovedBecause).Key);
        Assert.Equal((2, 2), (away.NotMoved, away.NotMovedBecause["location-away"]));
        Assert.Equal((2, 0), (back.Moved, back.NotMovedBecause.Count));
        Assert.Equal(later.Looked, later.Moved + later.NotMoved + later.StayedBecause.Values.Sum());
    }

    private static async Task<List<Cid>> StoreAsync(
        MemoryTiers tiers, int count, DurabilityClass durability, int seed = 0)
    {
        var cids = new List<Cid>();
        for (var index = 0; index < count; index++)
        {
            cids.Add((await tiers.Node.StoreAsync(
                Samples.Bytes(Size, seed + index), Token,
                StoreRequest.Default with { Class = durability, Level = ConsistencyLevel.Strong })).Cid);
        }

        return cids;
    }

    private static async Task<LocationException> RefusedAsync(
        MemoryTiers tiers, byte[] content, StoreRequest? request = null)
    {
        var refused = await Assert.ThrowsAsync<LocationException>(
            () => tiers.Node.StoreAsync(content, Token, request).AsTask());
        Assert.Null(await tiers.Node.StatAsync(Samples.CidOf(content), Token));
        return refused;
    }

    private static async Task FillAsync(MemoryLocation location, int count)
    {
        for (var index = 0; index < count; index++)
        {
            await new LocationUnderTest(location).AdmitAsync(Samples.Bytes(Size, 500 + index), Token);
        }
    }

    private static async Task<List<string>> WhereAsync(MemoryTiers tiers, Cid cid) =>
        [.. (await tiers.Node.StatAsync(cid, Token))!.Copies.Select(static copy => copy.Location.Name)];

    private static async Task<int> CountAsync(MemoryTiers tiers, List<Cid> cids, string location)
    {
        var count = 0;
        foreach (var cid in cids)
        {
            count += (await WhereAsync(tiers, cid)).Contains(location) ? 1 : 0;
        }

        return count;
    }

    private Task<MemoryTiers> OpenAsync(params ReadOnlySpan<(string Name, StorageTier Tier)> others) =>
        OpenAsync(null, others.IsEmpty ? [("warm", StorageTier.Warm)] : others.ToArray());

    private async Task<MemoryTiers> OpenAsync(
        Func<LocationId, LocationFaultPlan>? plan, params (string Name, StorageTier Tier)[] others)
    {
        var store = new MemoryStore(_time, new IdSource(_time), "hot");
        return await MemoryTiers.OpenAsync(
            _time, _meters, plan, store,
            [.. others.Select(other => MemoryTiers.Make(other.Name, other.Tier, _time))],
            new StorageNodeOptions { ReadEventsMax = 100 }, new BackgroundLimits());
    }
}
