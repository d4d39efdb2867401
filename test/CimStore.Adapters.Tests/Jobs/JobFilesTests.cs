using CimStore.Disk.Jobs;
using CimStore.Disk.Lifecycle;
using CimStore.Engine;
using CimStore.Locations;
using CimStore.Testing.Contracts;
using CimStore.Testing.Disk;
using Xunit;

namespace CimStore.Adapters.Tests.Jobs;

public sealed class JobFilesTests : JobStoreContract
{
    private readonly SimulatedDisk _disk = new();

    [Fact]
    public async Task Another_process_finds_them_and_leaves_alone_what_it_cannot_read()
    {
        var store = JobFiles.Open("/data/jobs", _disk);
        await store.SaveAsync(Job(1, JobState.Running), Token);
        using (var file = _disk.Create("/data/jobs/strange.json"))
        {
            file.Write("{ \"format\": 2 }"u8, 0);
        }

        var again = JobFiles.Open("/data/jobs", _disk);

        AssertSame([Job(1, JobState.Running)], await again.ListAsync(Token));
        Assert.Contains("strange.json", Assert.Single(again.Warnings), StringComparison.Ordinal);
        Assert.True(_disk.Exists("/data/jobs/strange.json"));
    }

    [Fact]
    public void The_file_is_what_the_document_says()
    {
        var job = Job(1, JobState.Paused) with { Done = 3, Total = 8, LastError = "away" };

        Assert.Equal(
            """
            {
              "format": 1,
              "id": "00000001-0000-7000-8000-000000000001",
              "kind": "drain",
              "location": "pool",
              "state": "paused",
              "done": 3,
              "total": 8,
              "changed": 0,
              "sizeBytes": 0,
              "left": 0,
              "attempts": 0,
              "lastError": "away",
              "created": "2026-01-01T00:00:00+00:00",
              "updated": "2026-01-01T00:00:01+00:00"
            }

            """,
            System.Text.Encoding.UTF8.GetString(JobCodec.Write(job).Span));
    }

    /// <summary>Whether another try may help was not written then: one more finds out.</summary>
    [Theory]
    [InlineData(0, 0)]
    [InlineData(3, 3)]
    public void A_file_of_before_has_all_that_was_left_tried_again(int left, int expected)
    {
        var written = System.Text.Encoding.UTF8.GetString(
            JobCodec.Write(Job(1, JobState.Queued) with { Left = left, LeftForRetry = 1 }).Span);
        var before = string.Join('\n', written.Split('\n').Where(
            static line => !line.Contains("leftForRetry", StringComparison.Ordinal)));

        var read = JobCodec.Read(System.Text.Encoding.UTF8.GetBytes(before));

        Assert.Equal(left > 0, before != written);
        Assert.Equal((left, expected), (read.Left, read.LeftForRetry));
    }

    [Fact]
    public void A_job_of_which_nothing_is_worth_another_try_stays_so()
    {
        var job = Job(1, JobState.Failed) with { Left = 3, LeftForRetry = 0 };

        Assert.Equal(0, JobCodec.Read(JobCodec.Write(job)).LeftForRetry);
    }

    [Fact]
    public void The_state_of_a_location_outlives_the_process_and_is_never_guessed()
    {
        var pool = new LocationId("pool");
        new LocationStateFiles("/data/locations", _disk).Save(pool, LocationState.Draining);

        var again = new LocationStateFiles("/data/locations", _disk);
        Assert.Equal(LocationState.Draining, again.Find(pool));
        Assert.Null(again.Find(new LocationId("cold")));

        _disk.Unlink("/data/locations/pool/state.json");
        using (var file = _disk.Create("/data/locations/pool/state.json"))
        {
            file.Write("{}"u8, 0);
        }

        Assert.Throws<LocationException>(() => again.Find(pool));
    }

    protected override IJobStore Open() => JobFiles.Open("/data/jobs", _disk);
}
