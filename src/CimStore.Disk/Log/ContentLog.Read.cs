using CimStore.Disk.Files;

namespace CimStore.Disk.Log;

// Reading takes no lock and stops at the durable end.
internal sealed partial class ContentLog
{
    private readonly SemaphoreSlim _dropping = new(1, 1);

    /// <summary>Reads one record into the caller's buffer, of at least <see cref="LogPosition.LengthBytes"/>.</summary>
    /// <param name="position">What was handed out for a record that is durable.</param>
    /// <param name="buffer">The record refers to it.</param>
    /// <param name="provePayload">Whether to check the payload's CRC; head, key and meta are always checked. Leave it
    /// out where the payload is proved by its content hash.</param>
    /// <param name="record">The record.</param>
    /// <returns>False when the segment was dropped: the record lives elsewhere now, or nowhere.</returns>
    /// <exception cref="LogException">The bytes are damaged, or the position is not below the durable end.</exception>
    /// <exception cref="DiskException">The disk failed; nothing is known of the record.</exception>
    public bool TryRead(LogPosition position, Memory<byte> buffer, bool provePayload, out LogRecord record)
    {
        record = default;
        if (!_segments.TryGet(position.Segment, out var segment) || !segment.TryEnter())
        {
            return false;
        }

        try
        {
            if (position.Offset + (long)position.LengthBytes > segment.DurableEnd)
            {
                throw new ArgumentOutOfRangeException(nameof(position), position, "Beyond the durable end of the log.");
            }

            var bytes = buffer[..position.LengthBytes];
            if (segment.File(_segments).Read(bytes.Span, position.Offset) == bytes.Length
                && RecordHead.TryRead(bytes.Span, out var head)
                && head.LengthBytes == bytes.Length
                && (!provePayload || Crc32C.Of(bytes.Span[head.FrontBytes..]) == head.PayloadChecksum))
            {
                record = LogRecord.From(head, bytes, position);
                return true;
            }

            throw new LogException(
                LogFault.Corrupt,
                CommitState.Stored,
                $"Segment {LogFormat.SegmentName(segment.Id)} is damaged at offset {position.Offset}.");
        }
        finally
        {
            segment.Exit();
        }
    }

    public bool HasSegments => !_segments.IsEmpty;

    public bool HasSegment(ulong id) => _segments.TryGet(id, out _);

    /// <summary>
    /// The segments in ascending order. The last one may still grow; none after the durable end is listed.
    /// </summary>
    public IReadOnlyList<SegmentSummary> Segments()
    {
        var segments = _segments.Ordered();
        var summaries = new SegmentSummary[segments.Length];
        for (var index = 0; index < segments.Length; index++)
        {
            var segment = segments[index];
            var end = segment.DurableEnd;
            summaries[index] = new SegmentSummary(
                segment.Id, LengthOf(segment), end == long.MaxValue ? null : end, index == segments.Length - 1);
        }

        return summaries;
    }

    /// <summary>
    /// Reads batches in log order, across segments, up to the durable end; it may be asked again for more.
    /// </summary>
    /// <param name="from">Where to begin, or null for the oldest segment there is.</param>
    /// <param name="report">Told of damage.</param>
    public LogReader ReadFrom(LogCursor? from, Action<LogFinding> report) => new(this, from, null, report);

    /// <summary>Reads the batches of one segment, which is not dropped before the reader is disposed.</summary>
    public LogReader ReadSegment(ulong segment, Action<LogFinding> report) => new(this, null, segment, report);

    /// <summary>
    /// Whether the file of a segment that was dropped may still be there, older perhaps than all that are listed: it
    /// comes back at the next open.
    /// </summary>
    public bool HasUndropped => Volatile.Read(ref _hasUndropped);

    /// <summary>
    /// Removes a segment, durably. Only the layer above knows that nothing in it is needed: it has moved what lives and
    /// made its own record of that durable. Waits until its readers have left. The newest segment cannot be dropped.
    /// </summary>
    /// <returns>False when there is no such segment.</returns>
    /// <exception cref="DiskException">The segment may come back at the next open.</exception>
    public async ValueTask<bool> DropSegmentAsync(ulong id, CancellationToken cancellationToken)
    {
        await _dropping.WaitAsync(cancellationToken);
        try
        {
            if (!_segments.TryGet(id, out var segment))
            {
                return false;
            }

            if (_segments.Ordered()[^1] == segment)
            {
                throw new InvalidOperationException("The newest segment says where the log ends: it stays.");
            }

            KeepEndOfPrevious(segment);
            var hadUndropped = _hasUndropped;

            // From here on the token is not looked at: new readers are refused already.
            await segment.Retire();
            _segments.Remove(segment);
            Volatile.Write(ref _hasUndropped, true);
            Remove(segment);
            Volatile.Write(ref _hasUndropped, hadUndropped);
            return true;
        }
        finally
        {
            _dropping.Release();
        }
    }

    /// <param name="atLeast">The segment wanted, or the next one there is.</param>
    /// <param name="report">Told of a segment that cannot be read at all.</param>
    internal (Segment Segment, SegmentFacts Facts, SegmentEnd? End, ulong? NextLsn)? Enter(
        ulong atLeast, Action<LogFinding> report)
    {
        var segments = _segments.Ordered();
        for (var index = 0; index < segments.Length; index++)
        {
            var segment = segments[index];
            if (segment.Id < atLeast || !segment.TryEnter())
            {
                continue;
            }

            if (FactsOfEntered(segment) is { } facts)
            {
                var next = index + 1 < segments.Length ? Facts(segments[index + 1]) : null;
                var end = SegmentEnd.Find(_disk, _directory, _store, segment.Id, next);
                return (segment, facts, end, next?.Start.NextLsn);
            }

            report(new LogFinding(
                LogFindingKind.CorruptSegment,
                segment.Id,
                0,
                segment.LengthBytes,
                0,
                0,
                $"Segment {LogFormat.SegmentName(segment.Id)} holds nothing that can be read."));
            segment.Exit();
        }

        return null;
    }

    internal bool HasSegmentAfter(ulong id) => Volatile.Read(ref _newestSegment) > id;

    internal IDiskFile FileOf(Segment segment) => segment.File(_segments);

    /// <summary>Segments older than what the index had seen are not opened before somebody asks for them.</summary>
    private long LengthOf(Segment segment)
    {
        if (segment.LengthBytes == 0 && segment.TryEnter())
        {
            try
            {
                segment.LengthBytes = segment.File(_segments).Length;
            }
            finally
            {
                segment.Exit();
            }
        }

        return segment.LengthBytes;
    }

    private SegmentFacts? Facts(Segment segment)
    {
        if (!segment.TryEnter())
        {
            return null;
        }

        try
        {
            return FactsOfEntered(segment);
        }
        finally
        {
            segment.Exit();
        }
    }

    private SegmentFacts? FactsOfEntered(Segment segment)
    {
        var facts = SegmentFacts.Inspect(segment.File(_segments), _store, segment.Id, out var foreign);
        return foreign ? null : facts;
    }

    /// <summary>The segment to be dropped may be the only place that says where the one before it ends.</summary>
    private void KeepEndOfPrevious(Segment segment)
    {
        if (Facts(segment) is not { } facts)
        {
            return;
        }

        var previous = facts.Header?.PreviousSegment ?? (segment.Id - 1);
        var path = Path.Combine(_directory, LogFormat.EndName(previous));

        // On the disk, not in memory: one whose drop failed comes back at the next open.
        if (_disk.Exists(Path.Combine(_directory, LogFormat.SegmentName(previous)))
            && !_disk.Exists(path)
            && SegmentEnd.Find(_disk, _directory, _store, previous, facts) is { } end)
        {
            Span<byte> bytes = stackalloc byte[SegmentEnd.FileBytes];
            end.Write(bytes, _store, previous);
            Disk.Durable.Replace(_disk, path, bytes);
        }
    }

    private void Remove(Segment segment)
    {
        var end = Path.Combine(_directory, LogFormat.EndName(segment.Id));
        lock (_freeGate)
        {
            var recycle = _free.Count < _options.RecycledSegmentsMax && LengthOf(segment) == _options.SegmentBytes;
            var free = Path.ChangeExtension(segment.Path, LogFormat.FreeSuffix);
            if (recycle)
            {
                _disk.Rename(segment.Path, free);
            }
            else
            {
                _disk.Unlink(segment.Path);
            }

            // Before its bytes are reused, and before the caller forgets what was in it: a power cut could otherwise
            // bring back dead records, or the old name with another segment's bytes.
            _disk.SyncDirectory(_directory, SyncPoint.LogDrop);
            Counters.Sync();
            if (recycle)
            {
                _free.Enqueue(free);
            }
        }

        if (_disk.Exists(end))
        {
            _disk.Unlink(end);
        }
    }
}
