using CimStore.Disk.Files;

namespace CimStore.Disk.Log;

/// <summary>Replays one segment: decides which batches are accepted, which are damage, which are a torn tail.</summary>
internal sealed class SegmentReplay(IDiskFile file, SegmentFacts facts, SegmentEnd? stated, ILogProjection projection)
{
    private readonly ulong _id = facts.Identity.Segment;
    private readonly List<(BatchHeader Header, long Offset)> _found = [];
    private ulong _durableBatch;
    private long _garbageEnd;
    private bool _endsInZeros;
    private LogCursor _reached;
    private LogCursor _beforeMarks;

    /// <summary>Where accepted records begin that no mark covers; null when there are none.</summary>
    public long? TailStart { get; private set; }

    /// <summary>
    /// From where to the end of the file there is nothing but zeros: room that was taken and never used. Null when
    /// there is none, or when it was not looked at.
    /// </summary>
    public long? UnusedFrom { get; private set; }

    /// <param name="start">Where to begin: at the segment's start or at what the index has seen.</param>
    /// <param name="nextLsn">The first LSN of the next segment, when there is one.</param>
    /// <returns>The cursor at the accepted end.</returns>
    public LogCursor Run(LogCursor start, ulong? nextLsn)
    {
        _reached = _beforeMarks = start;
        FindHeaders(start);
        var scanner = new SegmentScanner(file, facts.Identity, start.Offset, facts.LengthBytes);
        var complete = true;
        foreach (var (header, offset) in _found)
        {
            if (header.Number < _reached.NextBatch)
            {
                continue;
            }

            complete = Take(scanner, header, offset);
            if (!complete)
            {
                break;
            }
        }

        if (stated is { } end)
        {
            ReportMissingEnd(end, nextLsn ?? _reached.NextLsn);
            return new LogCursor(
                _id,
                _reached.BatchOffset,
                Math.Min(end.Offset, facts.LengthBytes),
                end.Batch + 1,
                nextLsn ?? _reached.NextLsn,
                end.Checksum);
        }

        ReportTornTail();
        if (complete && _endsInZeros && _reached.Offset < facts.LengthBytes)
        {
            UnusedFrom = _reached.Offset;
        }

        // A mark above the durable batch carries nothing and nothing is built on it: ending before it spares a sync
        // of a segment that was closed cleanly.
        return _beforeMarks;
    }

    /// <summary>Headers first: whether a bad batch was acknowledged is known only from a later one.</summary>
    private void FindHeaders(LogCursor start)
    {
        _durableBatch = stated?.Batch ?? start.NextBatch - 1;
        var end = stated is { } known ? Math.Min(known.Offset, facts.LengthBytes) : facts.LengthBytes;
        var scanner = new SegmentScanner(file, facts.Identity, start.Offset, end);
        while (scanner.TryNext(out var header, out var offset))
        {
            if (stated is null || header.Number <= _durableBatch)
            {
                _found.Add((header, offset));
            }

            if (stated is null)
            {
                _durableBatch = Math.Max(_durableBatch, header.DurableBatch);
            }

            if (header.Closed)
            {
                return;
            }
        }

        _garbageEnd = scanner.Skipped.End;
        _endsInZeros = _garbageEnd == 0 && scanner.Offset == facts.LengthBytes;
    }

    /// <returns>False when the log ends before this batch.</returns>
    private bool Take(SegmentScanner scanner, in BatchHeader header, long offset)
    {
        var acknowledged = header.Number <= _durableBatch;
        var follows = header.Number == _reached.NextBatch && header.PreviousChecksum == _reached.Checksum;
        if (!acknowledged && !follows && header.DurableBatch + 1 < header.Number)
        {
            return false;
        }

        var batch = scanner.Load(header, offset);
        if (!acknowledged && (batch is null || scanner.Damaged.Count > 0))
        {
            return false;
        }

        if (!follows)
        {
            ReportGap(header, offset);
        }

        if (batch is { } loaded)
        {
            ReportDamage(scanner, header);
            if (header.RecordCount > 0)
            {
                projection.Apply(loaded);
            }
        }
        else
        {
            var left = facts.LengthBytes - offset;
            Report(LogFindingKind.CorruptBatch, offset, left, header.FirstLsn, header.NextLsn, "is cut off");
        }

        Advance(header, offset, acknowledged);
        return true;
    }

    private void Advance(in BatchHeader header, long offset, bool acknowledged)
    {
        _reached = new LogCursor(
            _id, offset, offset + header.LengthBytes, header.Number + 1, header.NextLsn, header.Checksum);
        if (acknowledged || header.Kind != BatchKind.Mark)
        {
            _beforeMarks = _reached;
        }

        if (!acknowledged && header.Kind != BatchKind.Mark)
        {
            TailStart ??= offset;
        }
    }

    private void ReportGap(in BatchHeader header, long offset) => Report(
        LogFindingKind.CorruptBatch,
        _reached.Offset,
        offset - _reached.Offset,
        _reached.NextLsn,
        header.FirstLsn,
        $"lost batches {_reached.NextBatch} to {header.Number - 1}, which were acknowledged");

    private void ReportMissingEnd(SegmentEnd end, ulong nextLsn)
    {
        if (_reached.NextBatch <= end.Batch)
        {
            Report(
                LogFindingKind.CorruptBatch,
                _reached.Offset,
                Math.Min(end.Offset, facts.LengthBytes) - _reached.Offset,
                _reached.NextLsn,
                nextLsn,
                $"lost batches {_reached.NextBatch} to {end.Batch}, which were acknowledged");
        }
    }

    private void ReportDamage(SegmentScanner scanner, in BatchHeader header)
    {
        foreach (var (lsn, offset, length, front) in scanner.Damaged)
        {
            var next = lsn == 0 ? 0 : lsn + 1;
            var what = $"holds a damaged record in batch {header.Number}, which was acknowledged";
            Report(LogFindingKind.CorruptRecord, offset, length, lsn, next, what, front);
        }
    }

    private void ReportTornTail()
    {
        var end = _garbageEnd;
        var nextLsn = _reached.NextLsn;
        foreach (var (header, offset) in _found)
        {
            if (offset >= _reached.Offset)
            {
                end = Math.Max(end, offset + header.LengthBytes);
                nextLsn = Math.Max(nextLsn, header.NextLsn);
            }
        }

        if (end > _reached.Offset)
        {
            Report(
                LogFindingKind.TornTail,
                _reached.Offset,
                end - _reached.Offset,
                _reached.NextLsn,
                nextLsn,
                "ends in bytes that make no whole batch: torn unacknowledged, or damaged since the last mark");
        }
    }

    private void Report(
        LogFindingKind kind, long offset, long length, ulong firstLsn, ulong nextLsn, string what,
        LogRecord? front = null) =>
        projection.Report(new LogFinding(
            kind, _id, offset, length, firstLsn, nextLsn, $"Segment {LogFormat.SegmentName(_id)} {what}.")
        {
            Front = front,
        });
}
