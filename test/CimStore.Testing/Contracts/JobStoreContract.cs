using CimStore.Engine;
using CimStore.Locations;
using CimStore.Objects;
using Xunit;

namespace CimStore.Testing.Contracts;

/// <summary>What every <see cref="IJobStore"/> does.</summary>
public abstract class JobStoreContract
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>An empty store.</summary>
    protected abstract IJobStore Open();

    [Fact]
    public async Task What_was_saved_is_found_as_it_was()
    {
        var store = Open();
        var cid = Samples.CidOf(Samples.Bytes(100, 1));
        var jobs = new[]
        {
            Job(1, JobState.Queued),
            Job(2, JobState.Running) with
            {
                Arguments = new JobArguments(JobKind.Replicate) { Copies = 2, Cids = [cid] },
                Done = 5,
                Total = 9,
                Changed = 3,
                SizeBytes = long.MaxValue,
                Left = 1,
                Cursor = cid,
                Attempts = 4,
                NextTry = Start.AddTicks(1),
                LastError = "the \"pool\" is away\n",
            },
            Job(3, JobState.Failed) with
            {
                Arguments = new JobArguments(JobKind.Replicate) { Copies = 3, Prefix = "bafk" },
            },
        };

        foreach (var job in jobs)
        {
            await store.SaveAsync(job, Token);
        }

        AssertSame(jobs, await store.ListAsync(Token));
        AssertSame([jobs[1]], [(await store.FindAsync(jobs[1].Id, Token))!]);
        Assert.Null(await store.FindAsync(Id(99), Token));
    }

    [Fact]
    public async Task A_record_takes_the_place_of_the_one_before()
    {
        var store = Open();
        await store.SaveAsync(Job(2, JobState.Queued), Token);
        await store.SaveAsync(Job(1, JobState.Queued), Token);

        await store.SaveAsync(Job(2, JobState.Done), Token);

        AssertSame([Job(1, JobState.Queued), Job(2, JobState.Done)], await store.ListAsync(Token));
    }

    [Fact]
    public async Task A_cancelled_token_changes_nothing()
    {
        var store = Open();
        var cancelled = new CancellationToken(canceled: true);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await store.SaveAsync(Job(1, JobState.Queued), cancelled));

        Assert.Empty(await store.ListAsync(Token));
    }

    [Fact]
    public async Task Open_jobs_are_bounded_and_of_the_finished_the_youngest_are_kept()
    {
        var store = Open();
        for (var number = 1; number <= IJobStore.OpenMax; number++)
        {
            await store.SaveAsync(Job(number, JobState.Paused), Token);
        }

        var refused = await Assert.ThrowsAsync<RefusedException>(
            async () => await store.SaveAsync(Job(5000, JobState.Queued), Token));
        Assert.Equal("too-many-jobs", refused.Refusal.Code);
        for (var number = 1; number <= IJobStore.FinishedMax; number++)
        {
            await store.SaveAsync(Job(number, JobState.Done), Token);
        }

        await store.SaveAsync(Job(5000, JobState.Queued), Token);
        await store.SaveAsync(Job(5000, JobState.Cancelled), Token);

        var left = await store.ListAsync(Token);
        Assert.Equal(IJobStore.FinishedMax, left.Count);
        Assert.Equal((Id(2), Id(5000)), (left[0].Id, left[^1].Id));
    }

    protected static JobRecord Job(int number, JobState state) => new()
    {
        Id = Id(number),
        Arguments = new JobArguments(JobKind.Drain) { Location = new LocationId("pool") },
        State = state,
        Created = Start,
        Updated = Start.AddSeconds(number),
    };

    protected static MessageId Id(int number) => new(new Guid(number, 0, 0x7000, [0x80, 0, 0, 0, 0, 0, 0, 1]));

    /// <summary>Lists of CIDs are compared by what is in them.</summary>
    protected static void AssertSame(IReadOnlyList<JobRecord> expected, IReadOnlyList<JobRecord> found)
    {
        Assert.Equal(expected.Select(WithoutCids), found.Select(WithoutCids));
        Assert.Equal(
            expected.SelectMany(static job => job.Arguments.Cids), found.SelectMany(static job => job.Arguments.Cids));
    }

    private static JobRecord WithoutCids(JobRecord job) => job with { Arguments = job.Arguments with { Cids = [] } };
}
