using CimStore.Engine;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Testing.Contracts;
using CimStore.Testing.Faults;
using CimStore.Testing.Memory;
using Xunit;

namespace CimStore.Tests.Engine;

/// <summary>A cycle may move and pay for hours: nobody else waits for that, and what they change meanwhile stays.
/// </summary>
public sealed class BesideCycleTests : IDisposable
{
    private const int Size = 1000;

    private static readonly TimeSpan Guard = TimeSpan.FromSeconds(30);

    private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ManualResetEventSlim _goesOn = new();
    private int _staged;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _goesOn.Dispose();

    [Theory]
    [InlineData(DurabilityClass.Ephemeral, 0)]
    [InlineData(DurabilityClass.Standard, 1)]
    [Trait("row", "D1")]
    public async Task What_is_owed_and_explained_and_proved_does_not_wait_for_a_move_or_a_payment(
        DurabilityClass durability, int debts)
    {
        var tiers = await OpenAsync();
        var (content, other) = (Samples.Bytes(Size, 1), Samples.Bytes(Size, 2));
        await tiers.StoreAsync(content, durability, ConsistencyLevel.Eventual);
        await tiers.PassAsync(TimeSpan.FromDays(8));
        await tiers.StoreAsync(other, DurabilityClass.Ephemeral, ConsistencyLevel.Eventual);
        var cycle = await BeginCycleAsync(tiers);

        var owed = await tiers.Node.DebtsAsync(10, Token).AsTask().WaitAsync(Guard, Token);
        var explained = await tiers.Node.ExplainAsync(Samples.CidOf(other), Token).AsTask().WaitAsync(Guard, Token);
        var scrubbed = await tiers.Node.Scrubber!.RunAllAsync(null, Token).AsTask().WaitAsync(Guard, Token);
        var isUnderWay = !cycle.IsCompleted;
        _goesOn.Set();
        var done = await cycle;

        Assert.True(isUnderWay);
        Assert.Equal(debts, owed.Count);
        Assert.Contains(explained!.Reasons, reason => reason.Contains("the policy", StringComparison.Ordinal)
            && !reason.Contains("was not asked yet", StringComparison.Ordinal));
        Assert.Equal(2, scrubbed.Objects);
        Assert.Equal((1, debts), (done.Moved, done.DebtsPaid));
        Assert.Empty(await tiers.BrokenPromisesAsync());
    }

    [Theory]
    [InlineData(DurabilityClass.Ephemeral)]
    [InlineData(DurabilityClass.Standard)]
    public async Task What_is_deleted_during_its_move_or_payment_is_forgotten_and_not_noted_again(
        DurabilityClass durability)
    {
        var tiers = await OpenAsync();
        var content = Samples.Bytes(Size, 3);
        await tiers.StoreAsync(content, durability, ConsistencyLevel.Eventual);
        await tiers.PassAsync(TimeSpan.FromDays(8));
        var cycle = await BeginCycleAsync(tiers);

        await tiers.Node.DeleteAsync(Samples.CidOf(content), DeleteRequest.Default, Token);
        await tiers.Node.DebtsAsync(10, Token).AsTask().WaitAsync(Guard, Token);
        _goesOn.Set();
        await cycle;

        Assert.Null(await tiers.Due.FindAsync(ContentKey.Shared(Samples.CidOf(content)), Token));
    }

    [Fact]
    public async Task What_was_moved_is_dated_for_where_it_is_by_whoever_reads_of_it_first()
    {
        var tiers = await OpenAsync();
        var contents = Enumerable.Range(10, 2).Select(seed => Samples.Bytes(Size, seed)).ToList();
        foreach (var content in contents)
        {
            await tiers.StoreAsync(content, DurabilityClass.Ephemeral, ConsistencyLevel.Eventual);
        }

        await tiers.PassAsync(TimeSpan.FromDays(8));
        var cycle = await BeginCycleAsync(tiers);
        while (!await AnyIsAtAsync(tiers, contents, StorageTier.Warm))
        {
            await Task.Yield();
        }

        await tiers.Node.DebtsAsync(10, Token).AsTask().WaitAsync(Guard, Token);
        var early = await tiers.Due.DueAsync(tiers.Time.GetUtcNow(), 10, Token);
        _goesOn.Set();
        var done = await cycle;
        var soon = await tiers.Due.DueAsync(tiers.Time.GetUtcNow() + TimeSpan.FromDays(1), 10, Token);

        Assert.Single(early);
        Assert.Equal(2, done.Moved);
        Assert.Empty(soon);
    }

    [Theory]
    [InlineData(DurabilityClass.Ephemeral, 1, 0)]
    [InlineData(DurabilityClass.Standard, 0, 1)]
    [Trait("row", "D1")]
    public async Task Paused_in_the_middle_a_cycle_begins_no_other_move_or_payment_and_loses_none(
        DurabilityClass durability, int moved, int paid)
    {
        var tiers = await OpenAsync();
        tiers.Limits.MovesAtOnceMax = 1;
        for (var seed = 0; seed < 5; seed++)
        {
            // Large ones, of which one moves at a time.
            await tiers.StoreAsync(Samples.Bytes(100_000, seed), durability, ConsistencyLevel.Eventual);
        }

        await tiers.PassAsync(TimeSpan.FromDays(8));
        var cycle = await BeginCycleAsync(tiers);
        await tiers.Node.PauseAsync(isPaused: true, Token);
        _goesOn.Set();
        var paused = await cycle;
        await tiers.Node.PauseAsync(isPaused: false, Token);
        var resumed = await tiers.CycleAsync(TimeSpan.Zero);

        Assert.Equal((moved, paid, 0), (paused.Moved, paused.DebtsPaid, paused.NotMoved + paused.DebtsLeft));
        Assert.Equal((5 - moved, 5 * paid - paid), (resumed.Moved, resumed.DebtsPaid));
    }

    [Fact]
    [Trait("row", "G9")]
    public async Task Paused_in_the_middle_a_cycle_gives_up_no_other_copy()
    {
        var tiers = await OpenAsync();
        _goesOn.Set();
        for (var seed = 0; seed < 200; seed++)
        {
            var stored = await tiers.StoreAsync(
                Samples.Bytes(Size, seed), DurabilityClass.Ephemeral, ConsistencyLevel.Eventual);
            await tiers.Node.ReplicateAsync(stored.Cid, new ReplicateRequest(2, CommandIdentity.None), Token);
        }

        // Evicting looks at the other copy first: the first look pauses the cycle.
        tiers.PlanOf("warm").Rule((operation, _, _) =>
        {
            tiers.Node.Scavenger!.IsPaused |= operation == LocationOperation.Describe;
            return null;
        });
        tiers.Store.CapacityBytes = Size;
        var paused = await tiers.CycleAsync(TimeSpan.Zero);

        // So many are under way at once.
        Assert.InRange(paused.Evicted, 1, 64);
    }

    [Fact]
    public async Task Payments_that_take_longer_than_a_cycle_leave_moves_their_turn()
    {
        var tiers = new SimulatedTiers();
        tiers.Bind("warm", StorageTier.Warm);
        tiers.Bind("cold", StorageTier.Cold);
        tiers.PlanOf("cold").Rule(static (operation, _, _) =>
            operation == LocationOperation.Stage ? new LocationMishap.Stall(TimeSpan.FromSeconds(25)) : null);
        await tiers.OpenAsync();
        await tiers.StoreAsync(Samples.Bytes(Size, 30), DurabilityClass.Ephemeral, ConsistencyLevel.Eventual);
        await tiers.PassAsync(TimeSpan.FromDays(8));
        for (var seed = 31; seed < 41; seed++)
        {
            await tiers.StoreAsync(
                Samples.Bytes(Size, seed), DurabilityClass.Critical, ConsistencyLevel.Eventual, acceptDebt: true);
        }

        var first = await tiers.CycleAsync(TimeSpan.Zero);
        var second = await tiers.CycleAsync(TimeSpan.Zero);

        Assert.Equal((3, 1), (first.DebtsPaid, first.Moved));
        Assert.Equal(3, second.DebtsPaid);
    }

    /// <returns>The cycle, which waits where a copy is begun for the first time until it may go on.</returns>
    private async Task<Task<CycleResult>> BeginCycleAsync(SimulatedTiers tiers)
    {
        var cycle = Task.Run(() => tiers.Node.Scavenger!.RunAsync(Token).AsTask(), Token);
        await _begun.Task.WaitAsync(Guard, Token);
        return cycle;
    }

    private static async Task<bool> AnyIsAtAsync(SimulatedTiers tiers, List<byte[]> contents, StorageTier tier)
    {
        foreach (var content in contents)
        {
            if ((await tiers.RecordOfAsync(content))!.Tier == tier)
            {
                return true;
            }
        }

        return false;
    }

    private async Task<SimulatedTiers> OpenAsync()
    {
        var tiers = new SimulatedTiers();
        tiers.Bind("warm", StorageTier.Warm);
        tiers.PlanOf("warm").Rule((operation, _, _) =>
        {
            if (operation == LocationOperation.Stage && Interlocked.Increment(ref _staged) == 1)
            {
                _begun.SetResult();
                _goesOn.Wait(Guard);
            }

            return null;
        });
        await tiers.OpenAsync();
        return tiers;
    }
}
