using CimStore.Engine;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Policies;
using CimStore.Testing.Contracts;
using Xunit;

namespace CimStore.Adapters.Tests.Tiers;

/// <summary>Long work on real locations: a pool is emptied, whatever stops it on the way.</summary>
public sealed class DrainTests
{
    private const int Objects = 200;

    private static readonly LocationId Pool = new("pool");
    private static readonly JobArguments DrainPool = new(JobKind.Drain) { Location = Pool };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("row", "J9")]
    public async Task A_drain_stopped_half_way_goes_on_after_a_restart_and_nothing_is_ever_below_its_class()
    {
        await using var tiers = await FilledAsync();
        var job = await tiers.Jobs.StartJobAsync(DrainPool, Token);
        using (var stop = CancellationTokenSource.CreateLinkedTokenSource(Token))
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await tiers.Jobs.RunToEndAsync(
                job.Id, seen => StopAt(seen, 60, stop), stop.Token));
        }

        var half = (await tiers.Jobs.FindJobAsync(job.Id, Token))!;
        await tiers.ReopenAsync();
        var state = (await tiers.Node.ListLocationsAsync(Token)).Single(one => one.Location == Pool).State;
        await tiers.Jobs.RunDueAsync(Token);

        var done = (await tiers.Jobs.FindJobAsync(job.Id, Token))!;
        Assert.Equal(JobState.Queued, half.State);
        Assert.InRange(half.Changed, 1, Objects - 1);
        Assert.Equal(LocationState.Draining, state);
        Assert.Equal((JobState.Done, Objects, 0), (done.State, done.Changed, done.Left));
        Assert.Empty(await tiers.Pool.ListCopiesAsync(null, Token).ToListAsync(Token));
        await AssertNeverBelowClassAsync(tiers);
        await AssertReadableAsync(tiers);
    }

    [Fact]
    [Trait("row", "J9")]
    public async Task A_drain_whose_cursor_was_lost_in_a_crash_repeats_looks_and_no_harm()
    {
        await using var tiers = await FilledAsync();
        var job = await tiers.Jobs.StartJobAsync(DrainPool, Token);
        using (var stop = CancellationTokenSource.CreateLinkedTokenSource(Token))
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await tiers.Jobs.RunToEndAsync(
                job.Id, seen => StopAt(seen, 60, stop), stop.Token));
        }

        await tiers.JobStore.SaveAsync(job with { State = JobState.Running }, Token);
        await tiers.ReopenAsync();
        await tiers.Jobs.RunDueAsync(Token);

        Assert.Equal(JobState.Done, (await tiers.Jobs.FindJobAsync(job.Id, Token))!.State);
        await AssertNeverBelowClassAsync(tiers);
        await AssertReadableAsync(tiers);
    }

    [Fact]
    [Trait("row", "J9")]
    public async Task A_running_job_is_paused_resumed_and_cancelled()
    {
        await using var tiers = await FilledAsync();
        var job = await tiers.Jobs.StartJobAsync(DrainPool, Token);
        Task<JobRecord>? pausing = null;

        var paused = await tiers.Jobs.RunToEndAsync(
            job.Id, _ => pausing ??= tiers.Jobs.ChangeJobAsync(job.Id, JobState.Paused, Token).AsTask(), Token);
        await tiers.Jobs.RunDueAsync(Token);
        var still = await tiers.Jobs.FindJobAsync(job.Id, Token);
        var resumed = await tiers.Jobs.ChangeJobAsync(job.Id, JobState.Queued, Token);
        Task<JobRecord>? cancelling = null;
        var cancelled = await tiers.Jobs.RunToEndAsync(
            job.Id, _ => cancelling ??= tiers.Jobs.ChangeJobAsync(job.Id, JobState.Cancelled, Token).AsTask(), Token);

        Assert.Equal(JobState.Paused, paused.State);
        Assert.Equal(paused.State, (await pausing!).State);
        Assert.Equal(paused.Changed, still!.Changed);
        Assert.Equal(JobState.Queued, resumed.State);
        Assert.Equal(JobState.Cancelled, cancelled.State);
        var refused = await Assert.ThrowsAsync<RefusedException>(
            async () => await tiers.Jobs.ChangeJobAsync(job.Id, JobState.Queued, Token));
        Assert.Equal("job-finished", refused.Refusal.Code);
        Assert.InRange(cancelled.Changed, 1, Objects - 1);
        await AssertNeverBelowClassAsync(tiers);
    }

    [Fact]
    [Trait("row", "G3")]
    public async Task A_location_is_retired_only_when_it_is_empty_and_the_log_never()
    {
        await using var tiers = await FilledAsync();

        Assert.Equal("location-not-empty", await RefusalAsync(tiers, Pool, LocationState.Retired));
        Assert.Equal("location-home", await RefusalAsync(tiers, new LocationId("hot"), LocationState.Draining));
        Assert.Equal("location-unknown", await RefusalAsync(tiers, new LocationId("nowhere"), LocationState.Draining));
        await tiers.Jobs.SetLocationAsync(Pool, LocationState.Draining, Token);
        Assert.Equal("location-not-empty", await RefusalAsync(tiers, Pool, LocationState.Retired));
        await tiers.Jobs.StartJobAsync(DrainPool, Token);
        await tiers.Jobs.RunDueAsync(Token);
        await tiers.Jobs.SetLocationAsync(Pool, LocationState.Retired, Token);

        await tiers.ReopenAsync();
        var status = await tiers.Node.StatusAsync(Token);
        Assert.Contains(status.Warnings, text => text.Contains("pool is retired", StringComparison.Ordinal));
        Assert.Equal("location-retired", await RefusalAsync(tiers, Pool, LocationState.Active));
    }

    [Fact]
    [Trait("row", "G3")]
    public async Task What_no_other_location_can_hold_as_its_class_says_stays_and_is_told()
    {
        await using var tiers = await FilledAsync(objects: 3, DurabilityClass.Critical);

        var job = await tiers.Jobs.StartJobAsync(DrainPool, Token);
        await tiers.Jobs.RunDueAsync(Token);

        // Without the pool two failure domains are left, and three copies are required.
        var failed = (await tiers.Jobs.FindJobAsync(job.Id, Token))!;
        Assert.Equal((JobState.Failed, 3), (failed.State, failed.Left));
        Assert.Contains("requires 3", failed.LastError, StringComparison.Ordinal);
        await foreach (var record in tiers.Node.ListAsync(null, Token))
        {
            Assert.Contains(record.Copies, copy => copy.Location == Pool);
        }
    }

    [Fact]
    [Trait("row", "J9")]
    public async Task Replicating_makes_so_many_copies_of_what_the_prefix_names()
    {
        await using var tiers = await FilledAsync(objects: 10);
        var some = await tiers.Node.ListAsync(null, Token)
            .Select(record => record.Key.Cid.ToString()).ToListAsync(Token);
        var prefix = some[4];

        var job = await tiers.Jobs.StartJobAsync(
            new JobArguments(JobKind.Replicate) { Copies = 3, Prefix = prefix }, Token);
        await tiers.Jobs.RunDueAsync(Token);

        var done = (await tiers.Jobs.FindJobAsync(job.Id, Token))!;
        Assert.Equal((JobState.Done, 1), (done.State, done.Done));
    }

    private static async Task<TieredNode> FilledAsync(
        int objects = Objects, DurabilityClass durability = DurabilityClass.Standard)
    {
        var tiers = new TieredNode(MigrationPolicies.SeedV1);
        await tiers.OpenAsync();
        for (var seed = 1; seed <= objects; seed++)
        {
            await tiers.Node.StoreAsync(
                Samples.Bytes(10 + seed, seed), Token,
                StoreRequest.Default with { Class = durability, Level = ConsistencyLevel.Strong });
        }

        await tiers.CycleAsync(TimeSpan.FromDays(8));
        return tiers;
    }

    private static void StopAt(JobRecord seen, int done, CancellationTokenSource stop)
    {
        if (seen.Done >= done)
        {
            stop.Cancel();
        }
    }

    private static async Task<string> RefusalAsync(TieredNode tiers, LocationId location, LocationState state) =>
        (await Assert.ThrowsAsync<RefusedException>(
            async () => await tiers.Jobs.SetLocationAsync(location, state, Token))).Refusal.Code;

    private static async Task AssertReadableAsync(TieredNode tiers)
    {
        for (var seed = 1; seed <= Objects; seed++)
        {
            var content = Samples.Bytes(10 + seed, seed);
            Assert.Equal(content, await tiers.Node.ReadAsync(Samples.CidOf(content), Token));
        }
    }

    /// <summary>Replays the journal: behind every event each object that had its copies has them still.</summary>
    private static async Task AssertNeverBelowClassAsync(TieredNode tiers)
    {
        var records = new Dictionary<ContentKey, ObjectRecord>();
        var reached = new HashSet<ContentKey>();
        await foreach (var entry in tiers.Node.EventsAsync(Lsn.None, follow: false, Token))
        {
            if (ObjectHistory.KeyOf(entry.Event) is not { } key)
            {
                continue;
            }

            records[key] = ObjectHistory.Apply(records.GetValueOrDefault(key), entry.Event, entry.Lsn, entry.At)!;
            var copies = CopyCount.Of(records[key], tiers.Traits, FailureDomainLevel.Device);
            var required = ConsistencyTable.CopiesRequired(records[key].Class);
            if (copies >= required)
            {
                reached.Add(key);
            }

            Assert.False(reached.Contains(key) && copies < required, $"{key.Cid} had {copies} at {entry.Lsn}.");
        }

        Assert.Equal(Objects, reached.Count);
    }
}
