using CimStore.Engine;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Testing.Contracts;
using CimStore.Testing.Faults;
using CimStore.Testing.Memory;
using Xunit;

namespace CimStore.Tests.Engine;

/// <summary>What goes wrong in one job, or takes long, holds up no other.</summary>
public sealed class JobsApartTests
{
    private static readonly TimeSpan Guard = TimeSpan.FromSeconds(30);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("row", "J9")]
    public async Task A_job_that_throws_fails_and_says_why_and_the_others_are_done()
    {
        var (bad, good) = (Samples.Bytes(1000, 1), Samples.Bytes(1000, 2));
        var name = Samples.CidOf(bad).ToString();
        var tiers = await OpenAsync((_, subject) => subject.Contains(name, StringComparison.Ordinal)
            ? throw new NotSupportedException("Nobody thought of this.") : null);
        await tiers.StoreAsync(bad, DurabilityClass.Ephemeral, ConsistencyLevel.Eventual);
        await tiers.StoreAsync(good, DurabilityClass.Ephemeral, ConsistencyLevel.Eventual);
        var jobs = tiers.Node.Jobs!;
        var first = await jobs.StartJobAsync(Replicate(bad), Token);
        var second = await jobs.StartJobAsync(Replicate(good), Token);

        await jobs.RunDueAsync(Token);

        var failed = (await jobs.FindJobAsync(first.Id, Token))!;
        Assert.Equal((JobState.Failed, "Nobody thought of this."), (failed.State, failed.LastError));
        Assert.Equal(JobState.Done, (await jobs.FindJobAsync(second.Id, Token))!.State);
        var again = await jobs.ChangeJobAsync(first.Id, JobState.Queued, Token);
        Assert.Equal(JobState.Queued, again.State);
    }

    [Theory]
    [InlineData(LocationState.Draining, LocationOperation.MeasureSpace)]
    [InlineData(LocationState.Retired, LocationOperation.List)]
    [Trait("row", "J9")]
    public async Task Jobs_start_and_end_while_all_objects_are_looked_at_for_the_state_of_a_location(
        LocationState to, LocationOperation during)
    {
        using var goesOn = new ManualResetEventSlim();
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var isOn = false;
        var content = Samples.Bytes(1000, 3);
        var tiers = await OpenAsync((operation, _) =>
        {
            if (isOn && operation == during && begun.TrySetResult())
            {
                goesOn.Wait(Guard);
            }

            return null;
        });
        await tiers.StoreAsync(content, DurabilityClass.Ephemeral, ConsistencyLevel.Eventual);
        var jobs = tiers.Node.Jobs!;
        var (warm, before) = (new LocationId("warm"), LocationState.Active);
        if (to == LocationState.Retired)
        {
            await jobs.SetLocationAsync(warm, before = LocationState.Draining, Token);
        }

        isOn = true;
        var setting = Task.Run(() => jobs.SetLocationAsync(warm, to, Token).AsTask(), Token);
        await begun.Task.WaitAsync(Guard, Token);
        var job = await jobs.StartJobAsync(new JobArguments(JobKind.Scrub), Token).AsTask().WaitAsync(Guard, Token);
        await jobs.RunDueAsync(Token).WaitAsync(Guard, Token);
        var isUnderWay = !setting.IsCompleted;
        goesOn.Set();
        var report = await setting;

        Assert.True(isUnderWay);
        Assert.NotEqual(before, report.State);
        Assert.Equal((to, to), (report.State, tiers.Node.StateOf(warm)));
        Assert.Equal(JobState.Done, (await jobs.FindJobAsync(job.Id, Token))!.State);
    }

    [Fact]
    [Trait("row", "J9")]
    public async Task A_location_found_empty_is_not_retired_when_it_came_into_use_again_meanwhile()
    {
        using var goesOn = new ManualResetEventSlim();
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var tiers = await OpenAsync((operation, _) =>
        {
            if (operation == LocationOperation.List && begun.TrySetResult())
            {
                goesOn.Wait(Guard);
            }

            return null;
        });
        var (jobs, warm) = (tiers.Node.Jobs!, new LocationId("warm"));
        await jobs.SetLocationAsync(warm, LocationState.Draining, Token);

        var retiring = Task.Run(() => jobs.SetLocationAsync(warm, LocationState.Retired, Token).AsTask(), Token);
        await begun.Task.WaitAsync(Guard, Token);
        await jobs.SetLocationAsync(warm, LocationState.Active, Token).AsTask().WaitAsync(Guard, Token);
        goesOn.Set();

        var refused = await Assert.ThrowsAsync<RefusedException>(() => retiring);
        Assert.Contains("is active: drain it first", refused.Message, StringComparison.Ordinal);
        Assert.Equal(LocationState.Active, tiers.Node.StateOf(warm));
    }

    private static JobArguments Replicate(byte[] content) =>
        new(JobKind.Replicate) { Copies = 2, Cids = [Samples.CidOf(content)] };

    private static async Task<SimulatedTiers> OpenAsync(Func<LocationOperation, string, LocationMishap?> rule)
    {
        var tiers = new SimulatedTiers();
        tiers.Bind("warm", StorageTier.Warm);
        tiers.PlanOf("warm").Rule((operation, subject, _) => rule(operation, subject));
        tiers.PlanOf("hot").Rule((operation, subject, _) => rule(operation, subject));
        await tiers.OpenAsync();
        return tiers;
    }
}
