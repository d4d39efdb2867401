using CimStore.Disk.Files;
using CimStore.Disk.Log;
using CimStore.Testing.Disk;
using Xunit;

namespace CimStore.Adapters.Tests.Log;

/// <summary>One batch is synced while the one before it is applied; nobody sees that but by the clock.</summary>
public sealed class PassingOnTests : IDisposable
{
    private const int SyncOfFirstBatch = 1;
    private const int SyncOfSecondBatch = 2;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly SimulatedDisk _disk = new();
    private readonly RecordingProjection _projection = new();
    private readonly ManualResetEventSlim _firstIsSyncing = new();
    private readonly ManualResetEventSlim _firstMayEnd = new();
    private readonly ManualResetEventSlim _firstMayBeApplied = new();
    private int _syncs = -1;
    private bool _secondFails;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _firstIsSyncing.Dispose();
        _firstMayEnd.Dispose();
        _firstMayBeApplied.Dispose();
    }

    [Fact]
    public async Task The_next_batch_is_durable_while_the_first_is_applied_and_answered_after_it()
    {
        await using var log = Open();
        var (first, second) = await BeginAsync(log);

        await UntilAsync(() => log.DurableLsn == 2);
        Assert.False(first.IsCompleted);
        Assert.False(second.IsCompleted);
        Assert.Empty(_projection.Records);
        _firstMayBeApplied.Set();
        await Task.WhenAll(first, second);

        Assert.Equal([1UL, 2UL], _projection.Records.Select(static record => record.Lsn));
    }

    [Fact]
    public async Task When_the_first_cannot_be_applied_the_next_is_stored_and_not_applied()
    {
        await using var log = Open();
        var apply = _projection.OnApply!;
        _projection.OnApply = batch =>
        {
            apply(batch);
            throw new InvalidOperationException("The index is gone.");
        };
        var (first, second) = await BeginAsync(log);

        await UntilAsync(() => log.DurableLsn == 2);
        _firstMayBeApplied.Set();
        var failures = new[]
        {
            await Assert.ThrowsAsync<LogException>(() => first), await Assert.ThrowsAsync<LogException>(() => second),
        };

        Assert.All(failures, static failure =>
            Assert.Equal((LogFault.LogFailed, CommitState.Stored), (failure.Fault, failure.State)));
        Assert.Empty(_projection.Records);
        var seen = new RecordingProjection();
        LogPromises.Open(_disk.PowerCut(1), seen);
        Assert.Equal([1UL, 2UL], seen.Records.Select(static record => record.Lsn));
    }

    [Fact]
    public async Task When_the_next_cannot_be_synced_it_is_void_only_after_the_first_was_applied()
    {
        _secondFails = true;
        await using var log = Open();
        var (first, second) = await BeginAsync(log);

        await UntilAsync(() => Volatile.Read(ref _syncs) >= SyncOfSecondBatch);
        Assert.Empty(_projection.Voids);
        _firstMayBeApplied.Set();
        await first;
        var failure = await Assert.ThrowsAsync<LogException>(() => second);
        await log.CommitAsync(new TestWrite(TestRecord.Numbered(3, 100)), Token);

        Assert.Equal(CommitState.Unknown, failure.State);
        Assert.Equal(2UL, Assert.Single(_projection.Voids).NextLsn);
        Assert.Equal([1UL, 2UL], _projection.Records.Select(static record => record.Lsn));
    }

    /// <summary>Commits a first write, and one worth a sync of its own while the first is synced.</summary>
    private async Task<(Task First, Task Second)> BeginAsync(ContentLog log)
    {
        var first = Task.Run(
            () => log.CommitAsync(new TestWrite(TestRecord.Numbered(1, 100)), Token).AsTask(), Token);
        await Task.Run(() => Assert.True(_firstIsSyncing.Wait(Patience, Token)), Token);
        var second = log.CommitAsync(new TestWrite(TestRecord.Numbered(2, 200_000)), Token).AsTask();
        _firstMayEnd.Set();
        return (first, second);
    }

    private static async Task UntilAsync(Func<bool> isSo)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Token);
        patience.CancelAfter(Patience);
        while (!isSo())
        {
            await Task.Delay(5, patience.Token);
        }
    }

    private ContentLog Open()
    {
        _projection.OnApply = batch =>
        {
            if (batch.FirstLsn == 1)
            {
                Assert.True(_firstMayBeApplied.Wait(Patience, Token));
            }
        };
        var plan = new FaultPlan().While(OnSync, DiskOperation.SyncData, new DiskFault.Error(Errno.InputOutput));
        var options = new LogOptions { SegmentBytes = 1 << 20, IdleMarkDelay = TimeSpan.Zero };
        return LogPromises.Open(new FaultyDisk(_disk, plan), _projection, options: options);
    }

    /// <returns>Whether this sync fails.</returns>
    private bool OnSync()
    {
        var sync = Interlocked.Increment(ref _syncs);
        if (sync == SyncOfFirstBatch)
        {
            _firstIsSyncing.Set();
            Assert.True(_firstMayEnd.Wait(Patience, Token));
        }

        return sync == SyncOfSecondBatch && _secondFails;
    }
}
