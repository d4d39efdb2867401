using System.Collections.Concurrent;
using CimStore.Engine;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Testing.Contracts;
using CimStore.Testing.Faults;
using CimStore.Testing.Memory;
using Xunit;

namespace CimStore.Tests.Engine;

/// <summary>A job goes by all its objects, whatever is away, and comes again for what was left.</summary>
public sealed class JobPassTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact, Trait("row", "J9")]
    public async Task A_job_whose_failures_were_all_passing_ends_well()
    {
        var (tiers, contents) = await AtWarmAsync(70);
        tiers.Bind("warm2", StorageTier.Warm);
        var failing = contents.Where(static (_, index) => index is 3 or (>= 48 and < 64))
            .Select(static one => Samples.CidOf(one).ToString()).ToList();
        var failed = new ConcurrentDictionary<string, int>();
        tiers.PlanOf("warm").Rule((operation, subject, _) => operation == LocationOperation.Read
            && failing.Find(cid => subject.Contains(cid, StringComparison.Ordinal)) is { } cid
            && failed.AddOrUpdate(cid, 1, static (_, n) => n + 1) <= 2
                ? new LocationMishap.Before(LocationFault.Offline) : null);
        await tiers.OpenAsync();
        var job = await tiers.Node.Jobs!.StartJobAsync(
            new JobArguments(JobKind.Drain) { Location = new LocationId("warm") }, Token);

        var ended = await tiers.Node.Jobs.RunToEndAsync(job.Id, null, Token);

        Assert.True(ended.State == JobState.Done, $"{ended.State}: {ended.LastError}");
    }

    [Fact, Trait("row", "J9")]
    public async Task A_location_that_is_away_keeps_no_object_of_another_from_being_reached()
    {
        var (tiers, _) = await AtWarmAsync(40);
        for (var seed = 100; seed < 120; seed++)
        {
            await tiers.StoreAsync(Samples.Bytes(500, seed), DurabilityClass.Ephemeral, ConsistencyLevel.Strong);
        }

        var isAway = true;
        tiers.PlanOf("warm").Rule((_, _, _) => isAway ? new LocationMishap.Before(LocationFault.Offline) : null);
        var job = await tiers.Node.Jobs!.StartJobAsync(new JobArguments(JobKind.Scrub), Token);

        var once = await tiers.Node.Jobs.RunOnceAsync(job.Id, null, Token);
        isAway = false;
        var ended = await tiers.Node.Jobs.RunToEndAsync(job.Id, null, Token);

        Assert.Equal((JobState.Queued, 60, 40, 40), (once.State, once.Done, once.Left, once.LeftForRetry));
        Assert.Equal((JobState.Done, 60, 0), (ended.State, ended.Done, ended.Left));
    }

    /// <summary>Nothing comes back by waiting for it.</summary>
    [Fact, Trait("row", "J9")]
    public async Task What_lies_at_a_location_that_is_not_bound_is_not_tried_again()
    {
        var (tiers, _) = await AtWarmAsync(3);
        tiers.Unbind("warm");
        tiers.Bind("cold", StorageTier.Cold);
        await tiers.OpenAsync();
        var job = await tiers.Node.Jobs!.StartJobAsync(new JobArguments(JobKind.Scrub), Token);

        var ended = await tiers.Node.Jobs.RunToEndAsync(job.Id, null, Token);

        Assert.Equal((JobState.Failed, 3, 3, 0, 0), (
            ended.State, ended.Done, ended.Left, ended.LeftForRetry, ended.Attempts));
        Assert.Contains("warm", ended.LastError, StringComparison.Ordinal);
    }

    private static async Task<(SimulatedTiers Tiers, List<byte[]> Contents)> AtWarmAsync(int count)
    {
        var tiers = new SimulatedTiers();
        tiers.Bind("warm", StorageTier.Warm);
        await tiers.OpenAsync();
        var contents = Enumerable.Range(0, count).Select(static seed => Samples.Bytes(500, seed))
            .OrderBy(static one => Samples.CidOf(one)).ToList();
        foreach (var one in contents)
        {
            await tiers.StoreAsync(one, DurabilityClass.Ephemeral, ConsistencyLevel.Strong);
        }

        await tiers.CycleAsync(TimeSpan.FromDays(8));
        Assert.Equal("warm", SimulatedTiers.PlacesOf((await tiers.RecordOfAsync(contents[0]))!));
        return (tiers, contents);
    }
}
