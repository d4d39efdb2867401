using CimStore.Disk.Files;
using CimStore.Disk.Log;
using CimStore.Testing.Disk;
using Xunit;

namespace CimStore.Adapters.Tests.Log;

/// <summary>
/// Reading in log order, across segments that nobody replayed: what is missing or damaged is told, the rest is read.
/// </summary>
public sealed class LogReaderTests
{
    private readonly SimulatedDisk _disk = new();
    private readonly List<TestWrite> _writes = [];
    private readonly List<LogFinding> _told = [];

    [Fact]
    public async Task An_empty_log_has_nothing_to_read()
    {
        await using var log = LogPromises.Open(_disk, new RecordingProjection());
        using var reader = log.ReadFrom(null, _told.Add);

        Assert.False(reader.MoveNext(out _));
        Assert.Empty(_told);
    }

    [Fact]
    public async Task A_reader_at_the_end_goes_on_when_the_log_has_grown()
    {
        await using var log = LogPromises.Open(_disk, new RecordingProjection());
        await CommitAsync(log, 3, 1000);
        using var reader = log.ReadFrom(null, _told.Add);
        Assert.Equal(LsnsOf(_writes), Lsns(reader));

        // Far enough that the reader has to follow into another segment.
        await CommitAsync(log, 10, 12_000);

        Assert.Equal(LsnsOf(_writes.Skip(3)), Lsns(reader));
        Assert.True(log.Segments().Count > 1);
        Assert.Empty(_told);
    }

    [Fact]
    public async Task Reading_begins_where_the_cursor_says()
    {
        await using var log = LogPromises.Open(_disk, new RecordingProjection());
        await CommitAsync(log, 8, 12_000);
        var cursor = log.Durable;
        await CommitAsync(log, 8, 12_000);

        using var reader = log.ReadFrom(cursor, _told.Add);

        Assert.Equal(LsnsOf(_writes.Skip(8)), Lsns(reader));
    }

    /// <summary>Within the batch's first block, and behind it.</summary>
    [Theory]
    [InlineData(10)]
    [InlineData(6000)]
    public async Task A_truncated_segment_costs_what_was_cut_off_and_is_told(int kept)
    {
        var log = await ReopenWithSegmentsAsync();
        var cut = _writes[2].Entries[0].Position;
        using (var file = _disk.Open(PathOf(cut.Segment), DiskAccess.ReadWrite))
        {
            file.Truncate(cut.Offset + kept);
        }

        using var reader = log.ReadFrom(null, _told.Add);
        var read = Lsns(reader);

        var lost = LsnsOf(_writes.Where(write => write.Entries[0].Position is var at
            && at.Segment == cut.Segment && at.Offset >= cut.Offset));
        Assert.Equal(LsnsOf(_writes).Except(lost), read);
        AssertTold(LogFindingKind.CorruptBatch, cut.Segment, lost);
    }

    [Fact]
    public async Task A_segment_cut_to_nothing_is_told()
    {
        var log = await ReopenWithSegmentsAsync();
        using (var file = _disk.Open(PathOf(1), DiskAccess.ReadWrite))
        {
            file.Truncate(0);
        }

        using var reader = log.ReadFrom(null, _told.Add);

        Assert.Equal(LsnsOf(_writes.Where(static write => write.Entries[0].Position.Segment != 1)), Lsns(reader));
        var finding = Assert.Single(_told);
        Assert.Equal((LogFindingKind.CorruptSegment, 1UL), (finding.Kind, finding.Segment));
    }

    [Fact]
    public async Task A_flipped_bit_in_a_record_costs_that_record()
    {
        var log = await ReopenWithSegmentsAsync();
        var victim = _writes[1].Entries[0];
        _disk.FlipBit(PathOf(victim.Position.Segment), victim.Position.Offset + 200, 4);

        using var reader = log.ReadFrom(null, _told.Add);

        Assert.Equal(LsnsOf(_writes).Except([victim.Lsn]), Lsns(reader));
        AssertTold(LogFindingKind.CorruptRecord, victim.Position.Segment, [victim.Lsn]);
    }

    [Fact]
    public async Task A_flipped_bit_in_a_header_costs_that_batch()
    {
        var log = await ReopenWithSegmentsAsync();
        var victim = _writes[1].Entries[0];
        _disk.FlipBit(PathOf(victim.Position.Segment), victim.Position.Offset - LogFormat.BatchHeaderBytes + 12, 0);

        using var reader = log.ReadFrom(null, _told.Add);

        Assert.Equal(LsnsOf(_writes).Except([victim.Lsn]), Lsns(reader));
        AssertTold(LogFindingKind.CorruptBatch, victim.Position.Segment, [victim.Lsn]);
    }

    [Fact]
    public async Task A_newer_segment_format_is_refused_by_name()
    {
        var log = await ReopenWithSegmentsAsync();
        _disk.FlipBit(PathOf(2), 8, 5);

        using var reader = log.ReadFrom(null, _told.Add);
        var failure = Assert.Throws<LogException>(() => Lsns(reader));

        Assert.Equal(LogFault.NewerFormat, failure.Fault);
        Assert.Contains(LogFormat.SegmentName(2), failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dropped_segments_leave_gaps_that_are_no_damage()
    {
        var log = await ReopenWithSegmentsAsync();
        Assert.True(await log.DropSegmentAsync(2, TestContext.Current.CancellationToken));
        var rest = LsnsOf(_writes.Where(static write => write.Entries[0].Position.Segment != 2));

        using var reader = log.ReadFrom(null, _told.Add);
        using var only = log.ReadSegment(2, _told.Add);

        Assert.Equal(rest, Lsns(reader));
        Assert.False(only.MoveNext(out _));
        Assert.Empty(_told);
        await log.DisposeAsync();
        var seen = new RecordingProjection();
        await using var again = LogPromises.Open(_disk, seen);
        Assert.Empty(seen.Findings);
        Assert.Equal(rest, seen.Records.Select(static record => record.Lsn));
    }

    [Fact]
    public async Task A_segment_that_vanished_without_being_dropped_is_told()
    {
        await (await ReopenWithSegmentsAsync()).DisposeAsync();
        _disk.Unlink(PathOf(2));

        var seen = new RecordingProjection();
        await using var log = LogPromises.Open(_disk, seen);

        Assert.Equal(
            LsnsOf(_writes.Where(static write => write.Entries[0].Position.Segment != 2)),
            seen.Records.Select(static record => record.Lsn));
        Assert.Contains(LogFormat.SegmentName(1), Assert.Single(seen.Corruption).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_segment_is_read_alone()
    {
        var log = await ReopenWithSegmentsAsync();

        using var reader = log.ReadSegment(2, _told.Add);

        Assert.Equal(
            LsnsOf(_writes.Where(static write => write.Entries[0].Position.Segment == 2)), Lsns(reader));
    }

    private static string PathOf(ulong segment) => $"{LogPromises.Directory}/{LogFormat.SegmentName(segment)}";

    private static IEnumerable<ulong> LsnsOf(IEnumerable<TestWrite> writes) =>
        writes.SelectMany(static write => write.Entries).Select(static entry => entry.Lsn);

    private static List<ulong> Lsns(LogReader reader)
    {
        var lsns = new List<ulong>();
        while (reader.MoveNext(out var batch))
        {
            foreach (var record in batch)
            {
                lsns.Add(record.Lsn);
            }
        }

        return lsns;
    }

    private void AssertTold(LogFindingKind kind, ulong segment, IEnumerable<ulong> lost)
    {
        Assert.All(_told, finding => Assert.Equal((kind, segment), (finding.Kind, finding.Segment)));
        Assert.Equal(lost, _told.SelectMany(static finding => Enumerable
            .Range((int)finding.FirstLsn, (int)(finding.NextLsn - finding.FirstLsn))
            .Select(static lsn => (ulong)lsn)));
    }

    /// <summary>Three segments and more, opened with an index that has seen them: no replay looked first.</summary>
    private async Task<ContentLog> ReopenWithSegmentsAsync()
    {
        LogCursor? cursor;
        await using (var log = LogPromises.Open(_disk, new RecordingProjection()))
        {
            await CommitAsync(log, 16, 12_000);
            cursor = log.Durable;
        }

        var again = LogPromises.Open(_disk, new RecordingProjection(), cursor);
        Assert.InRange(again.Segments().Count, 3, 9);
        return again;
    }

    private async Task CommitAsync(ContentLog log, int count, int payloadBytes)
    {
        for (var number = 0; number < count; number++)
        {
            var write = new TestWrite(TestRecord.Numbered(_writes.Count, payloadBytes));
            await log.CommitAsync(write, TestContext.Current.CancellationToken);
            _writes.Add(write);
        }
    }
}
