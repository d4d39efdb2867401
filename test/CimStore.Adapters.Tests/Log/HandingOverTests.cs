using System.Collections.Concurrent;
using CimStore.Disk.Files;
using CimStore.Disk.Log;
using CimStore.Testing.Disk;
using Xunit;

namespace CimStore.Adapters.Tests.Log;

/// <summary>The thread that leads hands a batch over to be applied, and waits for those who were answered.</summary>
public sealed class HandingOverTests
{
    private const int WorthASync = 200_000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly SimulatedDisk _disk = new();
    private readonly RecordingProjection _projection = new();
    private readonly ConcurrentDictionary<int, Step> _steps = new();
    private int _syncs = -1;
    private readonly PolledTime _time = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_batch_handed_over_is_applied_before_those_that_became_durable_meanwhile()
    {
        var third = Hold(3);
        await using var log = Open();
        var (applied, writes) = await HandOverAsync(log);

        // The second waits to be applied, and the third is on its way to the disk already.
        await third.ReachedAsync();
        third.Release();
        while (log.DurableLsn < 3)
        {
            await Task.Delay(5, Token);
        }

        Assert.Equal([1UL], _projection.Records.Select(static record => record.Lsn));
        Assert.False(writes[1].IsCompleted || writes[2].IsCompleted);
        applied.Release();
        await Task.WhenAll(writes);

        Assert.Equal([1UL, 2UL, 3UL], _projection.Records.Select(static record => record.Lsn));
    }

    [Fact]
    public async Task A_log_that_closes_answers_what_was_handed_over()
    {
        var log = Open();
        var (applied, writes) = await HandOverAsync(log);

        var closing = Task.Run(() => log.DisposeAsync().AsTask(), Token);
        applied.Release();
        await closing;
        await Task.WhenAll(writes);

        Assert.Equal([1UL, 2UL, 3UL], _projection.Records.Select(static record => record.Lsn));
    }

    /// <summary>
    /// Of eight, one leads and seven share its second sync. Without waiting, the first to come back would sync alone
    /// for ever, and the others behind it.
    /// </summary>
    [Fact]
    public async Task Those_who_were_answered_together_are_committed_together()
    {
        const int writers = 7;
        var (first, second) = (Hold(1), Hold(2));
        await using var log = Open();
        var writes = new List<Task> { Task.Run(() => CommitAsync(log, 1, 100), Token) };
        await first.ReachedAsync();
        for (var writer = 1; writer <= writers; writer++)
        {
            writes.Add(TwiceAsync(log, writer));
        }

        first.Release();
        await second.ReachedAsync();

        // The leader waits for half of what this sync took.
        await Task.Delay(TimeSpan.FromSeconds(1), Token);
        second.Release();
        await Task.WhenAll(writes);

        Assert.Equal(1 + (2 * writers), _projection.Records.Count);
        Assert.Equal(3, log.Counters.Batches);
    }

    /// <summary>Commits three writes, and stops the second, handed over, where it is applied.</summary>
    private async Task<(Step Applied, List<Task> Writes)> HandOverAsync(ContentLog log)
    {
        var (first, second, applied) = (Hold(1), Hold(2), new Step());
        _projection.OnApply = batch => applied.PassIf(batch.FirstLsn == 2);
        var writes = new List<Task> { Task.Run(() => CommitAsync(log, 1, 100), Token) };
        await first.ReachedAsync();
        writes.Add(CommitAsync(log, 2, WorthASync));
        first.Release();
        await second.ReachedAsync();
        writes.Add(CommitAsync(log, 3, WorthASync));
        second.Release();
        await applied.ReachedAsync();
        return (applied, writes);
    }

    private static async Task TwiceAsync(ContentLog log, int writer)
    {
        await CommitAsync(log, (2 * writer) + 1, 100);
        await CommitAsync(log, (2 * writer) + 2, 100);
    }

    private static Task CommitAsync(ContentLog log, int number, int bytes) =>
        log.CommitAsync(new TestWrite(TestRecord.Numbered(number, bytes)), Token).AsTask();

    /// <summary>Stops the sync with this number; the segment's own is number 0.</summary>
    private Step Hold(int sync) => _steps[sync] = new Step();

    private ContentLog Open()
    {
        var plan = new FaultPlan().While(OnSync, DiskOperation.SyncData, new DiskFault.Error(Errno.InputOutput));
        var options = new LogOptions { SegmentBytes = 1 << 20, IdleMarkDelay = TimeSpan.Zero };
        return LogPromises.Open(
            new FaultyDisk(_disk, plan), _projection, options: options, time: _time);
    }

    /// <returns>Whether this sync fails.</returns>
    private bool OnSync()
    {
        _time.Pass(TimeSpan.FromSeconds(1));
        if (_steps.TryGetValue(Interlocked.Increment(ref _syncs), out var step))
        {
            step.PassIf(true);
        }

        return false;
    }

    /// <summary>Time that passes only when it is looked at, and with each sync.</summary>
    private sealed class PolledTime : TimeProvider
    {
        private static readonly TimeSpan Look = TimeSpan.FromMicroseconds(100);

        private long _ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Interlocked.Add(ref _ticks, Look.Ticks);

        public void Pass(TimeSpan time) => Interlocked.Add(ref _ticks, time.Ticks);
    }

    /// <summary>A place where a thread of the log stops until the test lets it go on.</summary>
    private sealed class Step
    {
        private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly object _gate = new();
        private bool _isReleased;

        public Task ReachedAsync() => _reached.Task.WaitAsync(Patience, Token);

        public void Release()
        {
            lock (_gate)
            {
                _isReleased = true;
                Monitor.PulseAll(_gate);
            }
        }

        public void PassIf(bool isHere)
        {
            if (!isHere)
            {
                return;
            }

            _reached.TrySetResult();
            lock (_gate)
            {
                while (!_isReleased)
                {
                    Assert.True(Monitor.Wait(_gate, Patience));
                }
            }
        }
    }
}
