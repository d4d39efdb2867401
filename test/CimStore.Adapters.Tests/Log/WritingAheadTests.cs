using CimStore.Disk.Files;
using CimStore.Disk.Log;
using CimStore.Testing.Disk;
using Xunit;

namespace CimStore.Adapters.Tests.Log;

/// <summary>While one batch is synced the next is written; it counts for nothing before its own sync.</summary>
public sealed class WritingAheadTests : IDisposable
{
    private const int WorthASync = 200_000;
    private const int FirstBatch = 1;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly SimulatedDisk _disk = new();
    private readonly RecordingProjection _projection = new();
    private readonly ManualResetEventSlim _isSyncing = new();
    private readonly ManualResetEventSlim _mayEnd = new();
    private readonly ManualResetEventSlim _isWritten = new();
    private int _syncs = -1;
    private bool _failsSync;
    private bool _failsWrite;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _isSyncing.Dispose();
        _mayEnd.Dispose();
        _isWritten.Dispose();
    }

    [Fact]
    public async Task The_next_batch_is_written_while_the_first_is_synced()
    {
        await using var log = Open();
        var (first, second) = await BeginAsync(log);

        Assert.Equal(0UL, log.DurableLsn);
        _mayEnd.Set();
        await Task.WhenAll(first, second);
        await CommitAsync(log, 3, 100);

        Assert.Equal([1UL, 2UL, 3UL], Replay(_disk.PowerCut(1)));
    }

    /// <summary>Whatever the device made of the two, the second is not there without the first.</summary>
    [Fact]
    public async Task A_power_cut_leaves_neither_or_the_first_or_both_and_the_log_goes_on()
    {
        await using var log = Open();
        var (first, second) = await BeginAsync(log);
        var left = Enumerable.Range(0, 300).Select(_disk.PowerCut).ToArray();
        _mayEnd.Set();
        await Task.WhenAll(first, second);

        var found = new Dictionary<int, int>();
        foreach (var disk in left)
        {
            var seen = new RecordingProjection();
            await using var reopened = LogPromises.Open(disk, seen, options: Options());
            Assert.Empty(seen.Corruption);
            var count = seen.Records.Count;
            found[count] = found.GetValueOrDefault(count) + 1;
            await CommitAsync(reopened, 9, 100);

            Assert.Equal(Enumerable.Range(1, count + 1).Select(static lsn => (ulong)lsn), Replay(disk));
        }

        // Where none is found, the second was often there by itself.
        Assert.Equal([0, 1, 2], found.Keys.Order());
    }

    [Fact]
    public async Task When_the_sync_fails_the_batch_written_ahead_is_void_with_it()
    {
        _failsSync = true;
        await using var log = Open();
        var (first, second) = await BeginAsync(log);

        _mayEnd.Set();
        var failures = new[]
        {
            await Assert.ThrowsAsync<LogException>(() => first), await Assert.ThrowsAsync<LogException>(() => second),
        };
        await CommitAsync(log, 3, 100);

        Assert.All(failures, static failure =>
            Assert.Equal((LogFault.DiskFailed, CommitState.Unknown), (failure.Fault, failure.State)));
        Assert.Equal(0UL, Assert.Single(_projection.Voids).LastLsn);
        Assert.True(TestRecord.Numbered(3, 100).Matches(Assert.Single(_projection.Records)));
        Assert.Equal([1UL], Replay(_disk.PowerCut(1)));
    }

    [Fact]
    public async Task A_failure_to_write_ahead_is_the_second_batchs_alone()
    {
        _failsWrite = true;
        await using var log = Open();
        var (first, second) = await BeginAsync(log);

        _failsWrite = false;
        _mayEnd.Set();
        await first;
        var failure = await Assert.ThrowsAsync<LogException>(() => second);
        await CommitAsync(log, 3, 100);

        Assert.Equal((LogFault.DiskFailed, CommitState.NotStored), (failure.Fault, failure.State));
        Assert.Equal([1UL, 2UL], Replay(_disk.PowerCut(1)));
    }

    [Fact]
    public async Task Nothing_is_written_ahead_into_a_segment_that_does_not_exist_yet()
    {
        await using var log = Open(segmentBytes: 256 << 10);
        var first = Task.Run(() => CommitAsync(log, 1, 100_000), Token);
        await Task.Run(() => Assert.True(_isSyncing.Wait(Patience, Token)), Token);
        var second = CommitAsync(log, 2, WorthASync);

        Assert.False(_isWritten.Wait(TimeSpan.FromMilliseconds(100), Token));
        _mayEnd.Set();
        await Task.WhenAll(first, second);

        Assert.Equal(2, log.Segments().Count);
        Assert.Equal([1UL, 2UL], Replay(_disk.PowerCut(1)));
    }

    private static List<ulong> Replay(IDisk disk)
    {
        var seen = new RecordingProjection();
        LogPromises.Open(disk, seen, options: Options());
        Assert.Empty(seen.Corruption);
        return [.. seen.Records.Select(static record => record.Lsn)];
    }

    private static Task CommitAsync(ContentLog log, int number, int bytes) =>
        log.CommitAsync(new TestWrite(TestRecord.Numbered(number, bytes)), Token).AsTask();

    private static LogOptions Options(long segmentBytes = 1 << 20) => new()
    {
        SegmentBytes = segmentBytes,
        IdleMarkDelay = TimeSpan.Zero,
        PreWriteBytes = 0,
    };

    /// <summary>Stops the first batch where it is synced, and has the second written behind it.</summary>
    private async Task<(Task First, Task Second)> BeginAsync(ContentLog log)
    {
        var first = Task.Run(() => CommitAsync(log, 1, 100), Token);
        await Task.Run(() => Assert.True(_isSyncing.Wait(Patience, Token)), Token);
        var second = CommitAsync(log, 2, WorthASync);
        await Task.Run(() => Assert.True(_isWritten.Wait(Patience, Token)), Token);
        return (first, second);
    }

    private ContentLog Open(long segmentBytes = 1 << 20)
    {
        var error = new DiskFault.Error(Errno.InputOutput);
        var plan = new FaultPlan()
            .While(OnWrite, DiskOperation.Write, error)
            .While(OnWritten, DiskOperation.StartWriteOut, error)
            .While(OnSync, DiskOperation.SyncData, error);
        return LogPromises.Open(new FaultyDisk(_disk, plan), _projection, options: Options(segmentBytes));
    }

    private bool OnWrite()
    {
        if (_failsWrite && _isSyncing.IsSet)
        {
            _isWritten.Set();
            return true;
        }

        return false;
    }

    /// <summary>Asked for when the whole batch was written.</summary>
    private bool OnWritten()
    {
        _isWritten.Set();
        return false;
    }

    private bool OnSync()
    {
        if (Interlocked.Increment(ref _syncs) != FirstBatch)
        {
            return false;
        }

        _isSyncing.Set();
        Assert.True(_mayEnd.Wait(Patience, Token));
        return _failsSync;
    }
}
