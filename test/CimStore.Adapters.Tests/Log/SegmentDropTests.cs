using CimStore.Disk.Files;
using CimStore.Disk.Log;
using CimStore.Testing.Disk;
using Xunit;

namespace CimStore.Adapters.Tests.Log;

/// <summary>Segments go one by one: under their readers, in any order, and with what only they knew kept.</summary>
public sealed class SegmentDropTests
{
    /// <summary>The failed sync wrote everything all the same: the void batch is whole on the platter.</summary>
    private const int WholeFate = 1;

    private readonly SimulatedDisk _disk = new();
        private bool _dropFails;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>
    /// The read of a record waits inside the disk while its segment is dropped: it gets its bytes, the file stays until
    /// it has them, and whoever comes later is told that the segment is gone.
    /// </summary>
    [Fact]
    public async Task A_segment_is_dropped_only_when_its_last_reader_has_left()
    {
        using var reading = new ManualResetEventSlim();
        using var goOn = new ManualResetEventSlim();
        var holds = false;
        var plan = new FaultPlan().While(
            () =>
            {
                if (holds)
                {
                    reading.Set();
                    goOn.Wait(Token);
                }

                return false;
            },
            DiskOperation.Read,
            new DiskFault.Error(Errno.InputOutput));
        await using var log = Open(plan);
        var write = await FillAsync(log, 12);
        var victim = write.Entries[0].Position.Segment;
        holds = true;
        var read = Task.Run(() => Read(log, write), Token);
        reading.Wait(Token);
        holds = false;

        var drop = log.DropSegmentAsync(victim, Token).AsTask();

        Assert.False(drop.IsCompleted);
        Assert.True(_disk.Exists(PathOf(victim)));
        Assert.Null(Read(log, write));
        goOn.Set();
        Assert.True(write.Records[0].Matches((await read)!));
        Assert.True(await drop);
        Assert.False(_disk.Exists(PathOf(victim)));
        Assert.False(await log.DropSegmentAsync(victim, Token));
    }

    [Fact]
    public async Task A_reader_of_batches_keeps_its_segment()
    {
        await using var log = Open(new FaultPlan());
        var write = await FillAsync(log, 12);
        var reader = log.ReadSegment(1, static finding => Assert.Fail(finding.Message));
        Assert.True(reader.MoveNext(out _));

        var drop = log.DropSegmentAsync(1, Token).AsTask();

        Assert.False(drop.IsCompleted);
        Assert.True(reader.MoveNext(out _));
        reader.Dispose();
        Assert.True(await drop);
        Assert.Null(Read(log, write));
    }

    [Fact]
    public async Task The_newest_segment_stays()
    {
        await using var log = Open(new FaultPlan());
        await FillAsync(log, 12);

        await Assert.ThrowsAsync<InvalidOperationException>(
            async () => await log.DropSegmentAsync(log.Segments()[^1].Id, Token));
    }

    /// <summary>
    /// The first segment ends in a batch whose sync failed: the second one says that it is void, and is dropped.
    /// </summary>
    [Fact]
    public async Task Where_a_segment_ends_is_kept_when_the_one_that_says_so_goes()
    {
        var kept = await VoidAndDropAsync(static log => log.DropSegmentAsync(2, Token).AsTask());

        Assert.Equal(SegmentEnd.FileBytes, EndFile().Length);
        AssertReplayed(_disk, kept);
        AssertReplayed(_disk.PowerCut(4), kept);
    }

    /// <summary>The drop of the first segment failed, so that it comes back after the second one went.</summary>
    [Fact]
    public async Task Where_a_segment_ends_is_kept_when_its_own_drop_had_failed()
    {
        var kept = await VoidAndDropAsync(async log =>
        {
            _dropFails = true;
            await Assert.ThrowsAsync<DiskException>(async () => await log.DropSegmentAsync(1, Token));
            _dropFails = false;
            await log.DropSegmentAsync(2, Token);
        });

        AssertReplayed(_disk, kept);
    }

    /// <summary>What says where a segment ends is damaged or lost: that is told, as damage of the segment.</summary>
    [Theory]
    [InlineData(9)]
    [InlineData(20)]
    [InlineData(40)]
    [InlineData(50)]
    [InlineData(61)]
    [InlineData(null)]
    public async Task A_damaged_end_is_told(int? offset)
    {
        await VoidAndDropAsync(static log => log.DropSegmentAsync(2, Token).AsTask());
        if (offset is { } at)
        {
            _disk.FlipBit(EndPath, at, 3);
        }
        else
        {
            _disk.Unlink(EndPath);
        }

        var seen = new RecordingProjection();
        await using var log = LogPromises.Open(_disk, seen);

        var finding = Assert.Single(seen.Corruption);
        Assert.Equal((LogFindingKind.CorruptSegment, 1UL), (finding.Kind, finding.Segment));
    }

    private static string EndPath => $"{LogPromises.Directory}/{LogFormat.EndName(1)}";

    private static string PathOf(ulong segment) => $"{LogPromises.Directory}/{LogFormat.SegmentName(segment)}";

    private static SeenRecord? Read(ContentLog log, TestWrite write)
    {
        var position = write.Entries[0].Position;
        return log.TryRead(position, new byte[position.LengthBytes], provePayload: true, out var record)
            ? SeenRecord.From(record)
            : null;
    }

    private static void AssertReplayed(SimulatedDisk disk, List<TestWrite> writes)
    {
        var seen = new RecordingProjection();
        LogPromises.Open(disk, seen);
        Assert.Empty(seen.Findings);
        var expected = writes.Where(static write => write.Entries[0].Position.Segment != 2).ToList();
        Assert.Equal(expected.Count, seen.Records.Count);
        Assert.All(expected.Zip(seen.Records), pair => Assert.True(pair.First.Records[0].Matches(pair.Second)));
    }

    /// <returns>The first write.</returns>
    private static async Task<TestWrite> FillAsync(ContentLog log, int count)
    {
        TestWrite? first = null;
        for (var number = 0; number < count; number++)
        {
            var write = new TestWrite(TestRecord.Numbered(number, 12_000));
            await log.CommitAsync(write, Token);
            first ??= write;
        }

        return first!;
    }

    private byte[] EndFile()
    {
        using var file = _disk.Open(EndPath, DiskAccess.Read);
        var bytes = new byte[file.Length];
        file.Read(bytes, 0);
        return bytes;
    }

    /// <returns>The writes that were acknowledged, in their order.</returns>
    private async Task<List<TestWrite>> VoidAndDropAsync(Func<ContentLog, Task> drop)
    {
        var broken = new DiskFault.Error(Errno.InputOutput);
        var plan = new FaultPlan()
            .At(DiskOperation.SyncData, 2, broken with { Fate = WholeFate }, suffix: "1.seg")
            .While(() => _dropFails, DiskOperation.Unlink, broken)
            .While(() => _dropFails, DiskOperation.Rename, broken);
        await using var log = Open(plan);
        var kept = new List<TestWrite>();
        for (var number = 0; log.Durable.Segment < 3; number++)
        {
            var write = new TestWrite(TestRecord.Numbered(number, 9000));
            try
            {
                await log.CommitAsync(write, Token);
                kept.Add(write);
            }
            catch (LogException failure)
            {
                Assert.Equal(CommitState.Unknown, failure.State);
            }
        }

        Assert.Equal(1UL, kept[1].Entries[0].Position.Segment);
        Assert.Equal(2UL, kept[2].Entries[0].Position.Segment);
        await drop(log);
        return kept;
    }

    private ContentLog Open(FaultPlan plan) =>
        LogPromises.Open(new FaultyDisk(_disk, plan), new RecordingProjection());
}
