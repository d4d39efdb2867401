using CimStore.Disk.Files;
using CimStore.Disk.Log;
using CimStore.Testing.Disk;
using Xunit;

namespace CimStore.Adapters.Tests.Log;

/// <summary>The disk fails; the log says what is known, and goes on or stops, but never lies.</summary>
public sealed class DiskFaultTests
{
    private readonly SimulatedDisk _disk = new();
    private readonly RecordingProjection _projection = new();
    private bool _failing;

    [Theory]
    [InlineData(Errno.InputOutput)]
    [InlineData(Errno.NoSpace)]
    [InlineData(Errno.Quota)]
    [InlineData(Errno.ReadOnly)]
    [InlineData(Errno.Invalid)]
    [InlineData(Errno.Interrupted)]
    public async Task After_a_failed_sync_the_write_is_unknown_and_the_log_goes_on_elsewhere(int errno)
    {
        var log = Open(new FaultPlan().At(DiskOperation.SyncData, 1, new DiskFault.Error(errno), suffix: ".seg"));
        var (kept, lost, after) = (Write(1), Write(2), Write(3));
        await CommitAsync(log, kept);

        var failure = await Assert.ThrowsAsync<LogException>(() => CommitAsync(log, lost));
        await CommitAsync(log, after);

        Assert.Equal(CommitState.Unknown, failure.State);
        Assert.Equal([1UL, 2UL], _projection.Records.Select(static record => record.Lsn));
        Assert.Equal(2UL, after.Entries[0].Lsn);
        Assert.NotEqual(kept.Entries[0].Position.Segment, after.Entries[0].Position.Segment);
        Assert.Equal(2UL, Assert.Single(_projection.Voids).NextLsn);
        Assert.Throws<ArgumentOutOfRangeException>(() => Read(log, lost));
        AssertReplayed(_disk, kept, after);
        for (var seed = 0; seed < 50; seed++)
        {
            // What the failed sync left behind is void, whether it reached the platter or not.
            AssertReplayed(_disk.PowerCut(seed), kept, after);
        }
    }

    [Fact]
    public async Task When_the_abandon_fails_too_every_write_is_refused_and_reading_goes_on()
    {
        var broken = new DiskFault.Error(Errno.InputOutput);
        var log = Open(new FaultPlan().While(() => _failing, DiskOperation.SyncData, broken));
        var kept = Write(1);
        await CommitAsync(log, kept);
        _failing = true;

        var unknown = await Assert.ThrowsAsync<LogException>(() => CommitAsync(log, Write(2)));
        _failing = false;
        var refused = await Assert.ThrowsAsync<LogException>(() => CommitAsync(log, Write(3)));

        Assert.Equal(CommitState.Unknown, unknown.State);
        Assert.Equal((LogFault.LogFailed, CommitState.NotStored), (refused.Fault, refused.State));
        Assert.Same(refused, log.Failure);
        Assert.True(kept.Records[0].Matches(Read(log, kept)));
    }

    [Theory]
    [InlineData(nameof(DiskOperation.Allocate))]
    [InlineData(nameof(DiskOperation.Write))]
    [InlineData(nameof(DiskOperation.Create))]
    public async Task A_full_disk_stores_nothing_and_the_log_recovers_when_space_returns(string name)
    {
        var operation = Enum.Parse<DiskOperation>(name);
        var log = Open(new FaultPlan().While(() => _failing, operation, new DiskFault.Error(Errno.NoSpace)));
        var kept = new List<TestWrite>();
        for (var number = 0; number < 40; number++)
        {
            _failing = number % 4 == 2;
            var write = Write(number);
            try
            {
                await CommitAsync(log, write);
                kept.Add(write);
            }
            catch (LogException full)
            {
                Assert.Equal((LogFault.DiskFull, CommitState.NotStored), (full.Fault, full.State));
            }
        }

        Assert.InRange(kept.Count, 30, 39);
        Assert.Null(log.Failure);
        AssertReplayed(_disk, [.. kept]);
        AssertReplayed(_disk.PowerCut(7), [.. kept]);
    }

    [Fact]
    public async Task Short_writes_are_completed()
    {
        DiskFault[] cuts = [new DiskFault.Short(1), new DiskFault.Short(700)];
        var log = Open(new FaultPlan().Seeded(5, DiskOperation.Write, 2, cuts));
        TestWrite[] writes = [.. Enumerable.Range(0, 30).Select(Write)];
        foreach (var write in writes)
        {
            await CommitAsync(log, write);
        }

        AssertReplayed(_disk.PowerCut(3), writes);
    }

    [Fact]
    public async Task A_bit_flipped_on_the_way_from_the_disk_is_seen()
    {
        var log = Open(new FaultPlan().While(() => _failing, DiskOperation.Read, new DiskFault.Flip(3000)));
        var write = Write(1);
        await CommitAsync(log, write);
        _failing = true;

        var failure = Assert.Throws<LogException>(() => Read(log, write));
        _failing = false;

        Assert.Equal(LogFault.Corrupt, failure.Fault);
        Assert.True(write.Records[0].Matches(Read(log, write)));
    }

    [Fact]
    public async Task An_index_that_fails_stops_the_log_and_says_that_the_write_is_stored()
    {
        var log = Open(new FaultPlan());
        _projection.OnApply = static _ => throw new InvalidOperationException("The index is gone.");

        var stored = await Assert.ThrowsAsync<LogException>(() => CommitAsync(log, Write(1)));
        var refused = await Assert.ThrowsAsync<LogException>(() => CommitAsync(log, Write(2)));

        Assert.Equal((LogFault.LogFailed, CommitState.Stored), (stored.Fault, stored.State));
        Assert.Equal((LogFault.LogFailed, CommitState.NotStored), (refused.Fault, refused.State));
        var seen = new RecordingProjection();
        LogPromises.Open(_disk.PowerCut(1), seen);
        Assert.Single(seen.Records);
    }

    [Fact]
    public async Task A_write_that_throws_harms_nobody_else()
    {
        var log = Open(new FaultPlan());
        await CommitAsync(log, Write(1));
        var bad = new TestWrite(TestRecord.Numbered(2, 100))
        {
            OnWrite = static _ => throw new InvalidOperationException("Refused above."),
        };

        await Assert.ThrowsAsync<InvalidOperationException>(() => CommitAsync(log, bad));
        await CommitAsync(log, Write(3));

        Assert.Equal([1UL, 2UL], _projection.Records.Select(static record => record.Lsn));
        Assert.Null(log.Failure);
    }

    [Fact]
    public async Task A_cancelled_token_on_entry_changes_nothing()
    {
        var log = Open(new FaultPlan());
        var operations = _disk.Operations;

        await Assert.ThrowsAsync<OperationCanceledException>(
            async () => await log.CommitAsync(Write(1), new CancellationToken(canceled: true)));

        Assert.Equal(operations, _disk.Operations);
    }

    private static TestWrite Write(int number) => new(TestRecord.Numbered(number, 2000 + (number * 100)));

    private static async Task CommitAsync(ContentLog log, TestWrite write) =>
        await log.CommitAsync(write, TestContext.Current.CancellationToken);

    private static SeenRecord Read(ContentLog log, TestWrite write)
    {
        var position = write.Entries[0].Position;
        Assert.True(log.TryRead(position, new byte[position.LengthBytes], provePayload: true, out var record));
        return SeenRecord.From(record);
    }

    private static void AssertReplayed(SimulatedDisk disk, params TestWrite[] writes)
    {
        var seen = new RecordingProjection();
        LogPromises.Open(disk, seen);
        Assert.Empty(seen.Corruption);
        Assert.Equal(writes.Length, seen.Records.Count);
        Assert.All(writes.Zip(seen.Records), pair => Assert.True(pair.First.Records[0].Matches(pair.Second)));
    }

    private ContentLog Open(FaultPlan plan) =>
        LogPromises.Open(new FaultyDisk(_disk, plan), _projection);
}
