using CimStore.Disk.Files;
using CimStore.Disk.Log;
using CimStore.Testing.Disk;
using Xunit;

namespace CimStore.Adapters.Tests.Log;

/// <summary>Committers hear when they are durable; who asks the index waits for what they were told of.</summary>
public sealed class AnnouncingTests : IDisposable
{
    private const int FirstBatch = 1;
    private const int WorthASync = 200_000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly SimulatedDisk _disk = new();
    private readonly RecordingProjection _projection = new() { Announces = true };
    private readonly ManualResetEventSlim _isSyncing = new();
    private readonly ManualResetEventSlim _mayEnd = new();
    private readonly ManualResetEventSlim _mayBeApplied = new();
    private ulong _stoppedAt = 2;
    private int _syncs = -1;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _isSyncing.Dispose();
        _mayEnd.Dispose();
        _mayBeApplied.Dispose();
    }

    [Fact]
    public async Task A_committer_is_told_before_his_batch_is_applied_and_who_looks_waits()
    {
        await using var log = Open();
        await CommitTwoAsync(log);

        Assert.Equal([1UL], _projection.Records.Select(static record => record.Lsn));
        var looking = Task.Run(
            () =>
            {
                Assert.True(log.AwaitApplied());
                return _projection.Records.Count;
            },
            Token);
        await Task.Delay(50, Token);
        Assert.False(looking.IsCompleted);
        _mayBeApplied.Set();

        Assert.Equal(2, await looking.WaitAsync(Patience, Token));
    }

    [Fact]
    public async Task When_the_index_fails_after_the_answer_who_looks_is_told()
    {
        await using var log = Open();
        var apply = _projection.OnApply!;
        _projection.OnApply = batch =>
        {
            apply(batch);
            if (batch.FirstLsn == 2)
            {
                throw new InvalidOperationException("The index is gone.");
            }
        };
        await CommitTwoAsync(log);
        _mayBeApplied.Set();

        Assert.False(log.AwaitApplied());
        var refused = await Assert.ThrowsAsync<LogException>(() => CommitAsync(log, 3));
        Assert.Equal((LogFault.LogFailed, CommitState.NotStored), (refused.Fault, refused.State));
        var seen = new RecordingProjection();
        LogPromises.Open(_disk.PowerCut(1), seen);
        Assert.Equal([1UL, 2UL], seen.Records.Select(static record => record.Lsn));
    }

    [Fact]
    public async Task Who_is_told_does_not_wait_for_the_index_to_have_the_batch_before_his()
    {
        _stoppedAt = 1;
        await using var log = Open();
        var first = Task.Run(() => CommitAsync(log, 1), Token);
        await Task.Run(() => Assert.True(_isSyncing.Wait(Patience, Token)), Token);
        var second = CommitAsync(log, 2, WorthASync);
        _mayEnd.Set();
        await second.WaitAsync(Patience, Token);

        Assert.Empty(_projection.Records);
        var looking = Task.Run(log.AwaitApplied, Token);
        await Task.Delay(50, Token);
        Assert.False(looking.IsCompleted);
        _mayBeApplied.Set();

        Assert.True(await looking.WaitAsync(Patience, Token));
        Assert.Equal([1UL, 2UL], _projection.Records.Select(static record => record.Lsn));
        await first;
    }

    private static Task CommitAsync(ContentLog log, int number, int bytes = 100) =>
        log.CommitAsync(new TestWrite(TestRecord.Numbered(number, bytes)), Token).AsTask();

    /// <summary>Commits two, the second by the log's own thread, which then stops before it is applied.</summary>
    private async Task CommitTwoAsync(ContentLog log)
    {
        var first = Task.Run(() => CommitAsync(log, 1), Token);
        await Task.Run(() => Assert.True(_isSyncing.Wait(Patience, Token)), Token);
        var second = CommitAsync(log, 2);
        _mayEnd.Set();
        await Task.WhenAll(first, second).WaitAsync(Patience, Token);
    }

    private ContentLog Open()
    {
        _projection.OnApply = batch => Assert.True(batch.FirstLsn != _stoppedAt || _mayBeApplied.Wait(Patience, Token));
        var plan = new FaultPlan().While(OnSync, DiskOperation.SyncData, new DiskFault.Error(Errno.InputOutput));
        var options = new LogOptions { SegmentBytes = 1 << 20, IdleMarkDelay = TimeSpan.Zero };
        return LogPromises.Open(new FaultyDisk(_disk, plan), _projection, options: options);
    }

    private bool OnSync()
    {
        if (Interlocked.Increment(ref _syncs) == FirstBatch)
        {
            _isSyncing.Set();
            Assert.True(_mayEnd.Wait(Patience, Token));
        }

        return false;
    }
}
