namespace CimStore.Disk.Log;

/// <summary>
/// Reads batches in order, proving each record. Not thread-safe; keeps the segment it reads from being dropped.
/// </summary>
internal sealed class LogReader : IDisposable
{
    private readonly ContentLog _log;
    private readonly ulong? _only;
    private readonly Action<LogFinding> _report;
    private LogCursor? _from;
    private ulong _wanted;
    private Segment? _segment;
    private SegmentScanner? _scanner;
    private SegmentEnd? _stated;
    private ulong? _nextLsn;
    private long _lengthBytes;
    private LogCursor _reached;

    internal LogReader(ContentLog log, LogCursor? from, ulong? only, Action<LogFinding> report)
    {
        (_log, _from, _only, _report) = (log, from, only, report);
        _wanted = only ?? from?.Segment ?? 0;
    }

    /// <summary>Hands over the next batch that holds records; it is valid until the next call.</summary>
    /// <returns>False at the durable end (ask again when the log has grown) or at the end of the one segment.</returns>
    public bool MoveNext(out LogBatch batch)
    {
        while (_segment is not null || Enter())
        {
            // Asked before the end is read: a segment with a successor does not grow any more.
            var complete = _log.HasSegmentAfter(_segment!.Id);
            _scanner!.End = EndOf(_segment);
            if (NextInSegment(_scanner, out batch))
            {
                return true;
            }

            if (!complete)
            {
                return false;
            }

            ReportMissingEnd();
            _wanted = _segment.Id + 1;
            Dispose();
            if (_only is not null)
            {
                break;
            }
        }

        batch = default;
        return false;
    }

    public void Dispose()
    {
        _segment?.Exit();
        _segment = null;
    }

    private bool Enter()
    {
        if (_log.Enter(_wanted, _report) is not var (segment, facts, stated, nextLsn))
        {
            return false;
        }

        if (_only is { } only && segment.Id != only)
        {
            segment.Exit();
            return false;
        }

        (_segment, _stated, _nextLsn, _lengthBytes) = (segment, stated, nextLsn, facts.LengthBytes);
        _reached = _from is { } from && from.Segment == segment.Id ? from : facts.Start;
        _from = null;
        _scanner = new SegmentScanner(_log.FileOf(segment), facts.Identity, _reached.Offset, EndOf(segment));
        return true;
    }

    /// <summary>
    /// What was written or replayed in this life of the log is known exactly; for the rest others speak.
    /// </summary>
    private long EndOf(Segment segment) => segment.DurableEnd is < long.MaxValue and var known
        ? known
        : Math.Min(_stated?.Offset ?? long.MaxValue, _lengthBytes);

    private bool NextInSegment(SegmentScanner scanner, out LogBatch batch)
    {
        while (scanner.TryNext(out var header, out var offset))
        {
            if (header.Number < _reached.NextBatch || header.Number > (_stated?.Batch ?? ulong.MaxValue))
            {
                continue;
            }

            if (header.Number > _reached.NextBatch)
            {
                ReportLost(_reached, header.Number - 1, offset, header.FirstLsn);
            }

            var before = new LogCursor(_segment!.Id, 0, offset, header.Number, header.FirstLsn, 0);
            _reached = new LogCursor(
                _segment.Id, offset, offset + header.LengthBytes, header.Number + 1, header.NextLsn, header.Checksum);
            var loaded = header.RecordCount > 0 ? scanner.Load(header, offset) : null;
            if (header.RecordCount > 0 && loaded is null)
            {
                ReportLost(before, header.Number, _lengthBytes, header.NextLsn);
            }

            ReportDamage(scanner, header);
            if (loaded is { } found)
            {
                batch = found;
                return true;
            }
        }

        batch = default;
        return false;
    }

    private void ReportDamage(SegmentScanner scanner, in BatchHeader header)
    {
        foreach (var (lsn, at, length, _) in scanner.Damaged)
        {
            _report(new LogFinding(
                LogFindingKind.CorruptRecord,
                _segment!.Id,
                at,
                length,
                lsn,
                lsn == 0 ? 0 : lsn + 1,
                $"Segment {LogFormat.SegmentName(_segment.Id)} holds a damaged record in batch {header.Number}."));
        }

        scanner.Damaged.Clear();
    }

    private void ReportMissingEnd()
    {
        if (_stated is { } end && end.Batch >= _reached.NextBatch)
        {
            ReportLost(_reached, end.Batch, EndOf(_segment!), _nextLsn ?? _reached.NextLsn);
        }
    }

    private void ReportLost(LogCursor from, ulong last, long end, ulong nextLsn) => _report(new LogFinding(
        LogFindingKind.CorruptBatch,
        _segment!.Id,
        from.Offset,
        end - from.Offset,
        from.NextLsn,
        nextLsn,
        $"Segment {LogFormat.SegmentName(_segment.Id)} lost batches {from.NextBatch} to {last}."));
}
