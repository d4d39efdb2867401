using CimStore.Disk.Files;
using CimStore.Disk.Log;
using CimStore.Testing.Disk;
using Xunit;

namespace CimStore.Adapters.Tests.Log;

/// <summary>
/// Recovery tells what was acknowledged and is damaged from what was never finished, and reads all the rest.
/// </summary>
public sealed class CorruptionTests
{
    private readonly SimulatedDisk _disk = new();
    private readonly List<TestWrite> _writes = [];

    /// <summary>Every 97th bit of a closed segment, one at a time: no flip ever costs more than it hit.</summary>
    [Fact]
    public async Task A_flipped_bit_costs_at_most_its_batch_and_is_always_told()
    {
        await CommitAsync(6);
        var path = $"{LogPromises.Directory}/{LogFormat.SegmentName(1)}";
        using var file = _disk.Open(path, DiskAccess.Read);
        for (long bit = 0; bit < file.Length * 8; bit += 97)
        {
            _disk.FlipBit(path, bit / 8, (int)(bit % 8));
            var seen = Reopen();
            _disk.FlipBit(path, bit / 8, (int)(bit % 8));

            var lost = _writes.SelectMany(static w => w.Entries).Count(e => seen.Records.All(r => r.Lsn != e.Lsn));
            var told = seen.Corruption.Sum(static f => (long)(f.NextLsn - f.FirstLsn));
            Assert.Equal(lost, told);
            Assert.InRange(lost, 0, 3);
        }
    }

    [Fact]
    public async Task A_damaged_record_costs_only_itself()
    {
        await CommitAsync(3);
        var victim = _writes[1].Entries[1];
        _disk.FlipBit($"{LogPromises.Directory}/{LogFormat.SegmentName(1)}", victim.Position.Offset + 9, 3);

        var seen = Reopen();

        var finding = Assert.Single(seen.Findings);
        Assert.Equal((LogFindingKind.CorruptRecord, victim.Lsn), (finding.Kind, finding.FirstLsn));
        Assert.Equal(8, seen.Records.Count);
    }

    [Fact]
    public async Task A_segment_of_another_store_is_refused_and_reported()
    {
        await CommitAsync(2);
        var seen = new RecordingProjection();

        var log = ContentLog.Open(
            _disk, LogPromises.Directory, Guid.Empty, null, seen, LogPromises.Options(), new FixedTime());

        Assert.Equal(LogFindingKind.ForeignSegment, Assert.Single(seen.Findings).Kind);
        Assert.Empty(seen.Records);
        Assert.Empty(log.Segments());
    }

    [Fact]
    public async Task A_newer_format_is_refused_and_left_untouched()
    {
        await CommitAsync(2);
        _disk.FlipBit($"{LogPromises.Directory}/{LogFormat.SegmentName(1)}", 8, 5);
        var operations = _disk.Operations;

        var failure = Assert.Throws<LogException>(() => Reopen());

        Assert.Equal(LogFault.NewerFormat, failure.Fault);
        Assert.Equal(operations, _disk.Operations);
    }

    [Fact]
    public async Task An_index_that_has_seen_more_than_the_log_holds_is_refused()
    {
        var empty = new SimulatedDisk();
        var cursor = (await CommitAsync(2)).Cursor;

        var failure = Assert.Throws<LogException>(() => LogPromises.Open(empty, new RecordingProjection(), cursor));

        Assert.Equal(LogFault.BehindIndex, failure.Fault);
    }

    private async Task<RecordingProjection> CommitAsync(int count)
    {
        var projection = new RecordingProjection();
        await using var log = LogPromises.Open(_disk, projection);
        for (var number = 0; number < count; number++)
        {
            var parts = Enumerable.Range(0, 3).Select(part => TestRecord.Numbered((number * 3) + part, 900));
            var write = new TestWrite([.. parts]);
            await log.CommitAsync(write, TestContext.Current.CancellationToken);
            _writes.Add(write);
        }

        return projection;
    }

    private RecordingProjection Reopen()
    {
        var seen = new RecordingProjection();
        LogPromises.Open(_disk, seen);
        return seen;
    }
}
