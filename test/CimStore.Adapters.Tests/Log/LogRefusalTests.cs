using CimStore.Disk;
using CimStore.Disk.Files;
using CimStore.Disk.Log;
using CimStore.Locations;
using CimStore.Testing.Disk;
using Xunit;

namespace CimStore.Adapters.Tests.Log;

/// <summary>What the log does not take, it refuses by name, and stores nothing of it.</summary>
public sealed class LogRefusalTests
{
    private const int WaitingMax = 3;

    private readonly SimulatedDisk _disk = new();
    private readonly RecordingProjection _projection = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_write_over_the_limit_is_refused_and_one_at_the_limit_is_not()
    {
        var options = LogPromises.Options();
        options.WriteBytesMax = 20 << 10;
        await using var log = Open(options, new FaultPlan());
        var overhead = LogFormat.BatchHeaderBytes + LogFormat.RecordOverheadBytesMax;
        var fits = Sized(options.WriteBytesMax - overhead);
        var over = Sized(options.WriteBytesMax - overhead + 1);

        var refused = await Assert.ThrowsAsync<LogException>(async () => await log.CommitAsync(over, Token));
        await log.CommitAsync(fits, Token);

        Assert.Equal((LogFault.TooLarge, CommitState.NotStored), (refused.Fault, refused.State));
        Assert.Contains($"{options.WriteBytesMax}", refused.Message, StringComparison.Ordinal);
        Assert.IsType<ArgumentException>(Faults.Translate(refused));
        Assert.True(fits.Records[0].Matches(Assert.Single(_projection.Records)));
    }

    /// <summary>Larger than a segment: no limit on writes can make it fit.</summary>
    [Fact]
    public async Task A_write_larger_than_a_segment_is_refused()
    {
        await using var log = Open(LogPromises.Options(), new FaultPlan());

        var refused = await Assert.ThrowsAsync<LogException>(
            async () => await log.CommitAsync(Sized((int)LogOptions.SegmentBytesMin), Token));

        Assert.Equal(LogFault.TooLarge, refused.Fault);
        Assert.Empty(log.Segments());
    }

    /// <summary>A batch is stuck in its sync, the next is full, and so is the queue behind it.</summary>
    [Fact]
    public async Task When_too_many_writes_wait_one_more_is_refused_and_the_others_are_stored()
    {
        using var syncing = new ManualResetEventSlim();
        using var goOn = new ManualResetEventSlim();
        var holds = false;
        var plan = new FaultPlan().While(
            () =>
            {
                if (holds)
                {
                    syncing.Set();
                    goOn.Wait(Token);
                }

                return false;
            },
            DiskOperation.SyncData,
            new DiskFault.Error(Errno.InputOutput));
        var options = LogPromises.Options();
        (options.BatchWrites, options.WaitingWritesMax) = (1, WaitingMax);
        await using var log = Open(options, plan);
        await log.CommitAsync(Numbered(0), Token);
        holds = true;
        var stuck = Task.Run(() => log.CommitAsync(Numbered(1), Token).AsTask(), Token);
        syncing.Wait(Token);
        holds = false;

        // One joins the batch that fills meanwhile.
        Task[] waiting =
            [.. Enumerable.Range(2, 1 + WaitingMax).Select(n => log.CommitAsync(Numbered(n), Token).AsTask())];
        var late = CommitAsync(log, Numbered(9));
        var isAnswered = late.IsCompleted;
        goOn.Set();
        await Task.WhenAll([stuck, .. waiting]);
        var refused = await Assert.ThrowsAsync<LogException>(() => late);
        await log.CommitAsync(Numbered(10), Token);

        Assert.True(isAnswered);
        Assert.Equal((LogFault.Overloaded, CommitState.NotStored), (refused.Fault, refused.State));
        Assert.Equal(LocationFault.Throttled, Assert.IsType<LocationException>(Faults.Translate(refused)).Fault);
        int[] stored = [.. Enumerable.Range(0, 3 + WaitingMax), 10];
        Assert.Equal(stored.Length, _projection.Records.Count);
        Assert.All(
            stored.Zip(_projection.Records),
            pair => Assert.True(Numbered(pair.First).Records[0].Matches(pair.Second)));
    }

    private static async Task CommitAsync(ContentLog log, TestWrite write) => await log.CommitAsync(write, Token);

    private static TestWrite Numbered(int number) => new(TestRecord.Numbered(number, 100));

    /// <summary>One record with so many bytes in all.</summary>
    private static TestWrite Sized(int bytes) => new(new TestRecord(1, 0, new byte[32], default, new byte[bytes - 32]));

    private ContentLog Open(LogOptions options, FaultPlan plan) =>
        LogPromises.Open(new FaultyDisk(_disk, plan), _projection, options: options);
}
