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

/// <summary>What is owed, due and proved is told by gauges that read memory.</summary>
[Trait("row", "E6")]
public sealed class LifecycleFiguresTests : IDisposable
{
    private const string Lag = "cimstore.replication.lag";
    private const string Owed = "cimstore.replication.owed";
    private const string UnderReplicated = "cimstore.replication.under_replicated";
    private const string DueAge = "cimstore.due.age";
    private const string Coverage = "cimstore.scrub.coverage";
    private const string OldestProof = "cimstore.scrub.oldest_proof.age";
    private const string Garbage = "cimstore.garbage.size";

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly MeterReading _meters = new();
    private bool _isAway;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _meters.Dispose();

    [Fact]
    public async Task Before_the_first_cycle_nothing_is_told_and_of_an_empty_store_no_share()
    {
        await using var tiers = await OpenAsync();

        string[] all = [Lag, Owed, UnderReplicated, DueAge, Coverage, OldestProof, Garbage];
        Assert.All(all, name => Assert.Empty(_meters.Take(name)));
        await CycleAsync(tiers, TimeSpan.Zero);

        string[] zero = [Lag, Owed, UnderReplicated, DueAge, Garbage];
        Assert.All(zero, name => Assert.Equal(0, Told(name)));
        Assert.Empty(_meters.Take(Coverage));
        Assert.Empty(_meters.Take(OldestProof));
    }

    [Fact]
    public async Task What_is_owed_is_counted_with_the_age_of_the_oldest_and_is_zero_when_it_is_paid()
    {
        await using var tiers = await OpenAsync();
        _isAway = true;
        await StoreAsync(tiers, 1);
        _time.Advance(TimeSpan.FromMinutes(30));
        await StoreAsync(tiers, 2);

        await CycleAsync(tiers, TimeSpan.FromMinutes(10));

        Assert.Equal(40 * 60, Told(Lag));
        Assert.Equal((2, 2), (Told(Owed), Told(UnderReplicated)));
        _isAway = false;
        await CycleAsync(tiers, TimeSpan.FromHours(2));
        Assert.Equal((0, 0, 0), (Told(Lag), Told(Owed), Told(UnderReplicated)));
    }

    [Fact]
    public async Task A_copy_found_wrong_is_owed_and_is_not_under_replicated_while_the_class_has_others()
    {
        await using var tiers = await OpenAsync();
        var cid = await StoreAsync(tiers, 1, DurabilityClass.Ephemeral);
        await tiers.Node.ReplicateAsync(cid, new ReplicateRequest(2, CommandIdentity.None), Token);
        var record = (await tiers.Node.StatAsync(cid, Token))!;
        tiers.Others[0].Rot(record.Key, record.Copies.First(static copy => copy.Location.Name == "warm"), 0);
        await tiers.Node.VerifyAsync(cid, Token);
        _isAway = true;

        await CycleAsync(tiers, TimeSpan.FromMinutes(1));

        Assert.Equal((1, 0, 60), (Told(Owed), Told(UnderReplicated), Told(Lag)));
        Assert.Equal(50, Told(Coverage));
    }

    [Fact]
    public async Task The_age_of_what_is_due_grows_while_cycles_are_paused()
    {
        await using var tiers = await OpenAsync();
        await StoreAsync(tiers, 1, DurabilityClass.Ephemeral);
        await CycleAsync(tiers, TimeSpan.Zero);
        Assert.Equal(0, Told(DueAge));
        tiers.Node.Scavenger!.IsPaused = true;

        // Seed-v1 asks again after seven days.
        await CycleAsync(tiers, TimeSpan.FromDays(8));

        Assert.Equal(TimeSpan.FromDays(1).TotalSeconds, Told(DueAge), 1.0);
        tiers.Node.Scavenger.IsPaused = false;
        await CycleAsync(tiers, TimeSpan.Zero);
        Assert.Equal(0, Told(DueAge));
    }

    [Fact]
    public async Task Coverage_is_the_share_of_copies_proved_within_the_cycle_also_when_one_is_put_off()
    {
        await using var tiers = await OpenAsync();
        for (var seed = 0; seed < 3; seed++)
        {
            await StoreAsync(tiers, seed, DurabilityClass.Ephemeral);
        }

        await CycleAsync(tiers, TimeSpan.FromDays(20));
        await StoreAsync(tiers, 9, DurabilityClass.Ephemeral);
        await CycleAsync(tiers, TimeSpan.FromDays(5));
        var fresh = (Told(Coverage), Told(OldestProof));
        await CycleAsync(tiers, TimeSpan.FromDays(6));
        var late = (Told(Coverage), Told(OldestProof));
        await tiers.Node.Scrubber!.RunAsync(null, Token);
        await CycleAsync(tiers, TimeSpan.Zero);
        var proved = (Told(Coverage), Told(OldestProof));

        // Moved to warm at the first cycle: that proved them.
        Assert.Equal((100, TimeSpan.FromDays(5).TotalSeconds), fresh);
        Assert.True(late.Item1 is 100 && late.Item2 == TimeSpan.FromDays(11).TotalSeconds, $"{late}");
        Assert.Equal(100, proved.Item1);
    }

    [Fact]
    public async Task Copies_that_nobody_could_prove_are_missing_in_the_coverage()
    {
        await using var tiers = await OpenAsync();
        await StoreAsync(tiers, 1, DurabilityClass.Ephemeral);
        await CycleAsync(tiers, TimeSpan.FromDays(8));
        _isAway = true;
        await StoreAsync(tiers, 2, DurabilityClass.Ephemeral);

        _time.Advance(TimeSpan.FromDays(31));
        await tiers.Node.Scrubber!.RunAsync(null, Token);
        await CycleAsync(tiers, TimeSpan.Zero);

        // One is at the location that is away: put off, and not proved. The other was proved just now.
        Assert.Equal(50, Told(Coverage));
        Assert.Equal(TimeSpan.FromDays(31).TotalSeconds, Told(OldestProof));
    }

    [Fact]
    public async Task Garbage_is_told_after_a_cycle_and_after_a_look_at_the_status()
    {
        await using var tiers = await OpenAsync();
        var cid = await StoreAsync(tiers, 1, DurabilityClass.Ephemeral);
        await CycleAsync(tiers, TimeSpan.FromDays(8));
        var afterMove = Told(Garbage);
        await tiers.Node.CollectAsync(Token);
        await tiers.Node.StatusAsync(Token);

        var copies = (await tiers.Node.StatAsync(cid, Token))!.Copies;
        Assert.Equal(["warm"], copies.Select(static copy => copy.Location.Name));
        Assert.Equal((1000, 0), (afterMove, Told(Garbage)));
    }

    private double Told(string name) => Assert.Single(_meters.Take(name)).Amount;

    private static async Task<Cid> StoreAsync(
        MemoryTiers tiers, int seed, DurabilityClass durability = DurabilityClass.Standard) =>
        (await tiers.Node.StoreAsync(
            Samples.Bytes(1000, seed), Token,
            StoreRequest.Default with { Class = durability, Level = ConsistencyLevel.Eventual })).Cid;

    private async Task CycleAsync(MemoryTiers tiers, TimeSpan later)
    {
        _time.Advance(later);
        await tiers.Node.Scavenger!.RunAsync(Token);
    }

    private async Task<MemoryTiers> OpenAsync()
    {
        var plan = new LocationFaultPlan().While(() => _isAway, new LocationMishap.Before(LocationFault.Offline));
        return await MemoryTiers.OpenAsync(_time, _meters, _ => plan, ("warm", StorageTier.Warm));
    }
}
