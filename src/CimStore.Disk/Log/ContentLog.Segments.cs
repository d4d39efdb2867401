using CimStore.Disk.Files;

namespace CimStore.Disk.Log;

// Making and dropping segments.
internal sealed partial class ContentLog
{
    /// <summary>Some thousand entries that give up copies.</summary>
    private const long ScarceBytes = 256 << 10;

    // Dropped segments kept for reuse; the leader takes, the dropper adds.
    private readonly Queue<string> _free = new();
    private readonly Lock _freeGate = new();
    private ulong _newestSegment;
    private bool _hasUndropped;

    private void PrepareSegment(BatchBuilder batch)
    {
        if (_active is null || _mustAbandon || batch.Segment != _active.Id)
        {
            OpenSegment();
        }
    }

    /// <summary>
    /// Makes the next segment durable, name and all, before anything in it can be acknowledged. A failure before the
    /// rename leaves only a temporary file; after it the name is in doubt, and the caller stops the log.
    /// </summary>
    private void OpenSegment()
    {
        var id = _lastSegment + 1;
        var path = Path.Combine(_directory, LogFormat.SegmentName(id));
        var temporary = path + Disk.Durable.TemporarySuffix;
        var identity = new SegmentIdentity(
            _store, id, _reason is SegmentReason.Roll ? _epoch : _epoch + 1, _options.NonceSource());
        (BatchHeader Header, ReadOnlyMemory<byte> Bytes)? abandon = _mustAbandon ? SealAbandon(identity) : null;
        var file = TakeFile(temporary);
        bool isAllocated;
        try
        {
            isAllocated = TryAllocate(file);
            WriteHeader(file, identity);
            if (abandon is { } batch)
            {
                file.WriteFully(batch.Bytes.Span, LogFormat.BlockBytes);
                Counters.Batch(0, batch.Header, 0);
            }

            // Before the rename: a name without a header would be damage, and an abandon batch that got lost would let
            // the next open take back what had been voided.
            file.SyncData(SyncPoint.LogSegment);
            Counters.Sync();
            _disk.Rename(temporary, path);
        }
        catch
        {
            file.Dispose();
            Discard(temporary);
            throw;
        }

        // Without this a power cut takes the segment with everything acknowledged in it.
        file.Dispose();
        file = SyncName(path);
        Adopt(new Segment(_disk, path, id, _options.SegmentBytes), file, identity, abandon?.Header);
        _writtenEnd = isAllocated ? 0 : _options.SegmentBytes;
    }

    /// <summary>
    /// What frees room is journaled, too, and must find some on a disk that has none for a whole segment: then each
    /// write finds the room or does not, as where nothing can be allocated.
    /// </summary>
    /// <returns>Whether the whole segment has room; else nothing is written ahead.</returns>
    private bool TryAllocate(IDiskFile file)
    {
        try
        {
            file.Allocate(_options.SegmentBytes);
            return true;
        }
        catch (DiskException full) when (full.IsNoSpace)
        {
            // What the attempt took goes back first.
            file.Truncate(0);
            file.Allocate(Math.Min(ScarceBytes, _options.SegmentBytes));
            file.Truncate(_options.SegmentBytes);
            return false;
        }
    }

    private (BatchHeader Header, ReadOnlyMemory<byte> Bytes) SealAbandon(SegmentIdentity identity)
    {
        var builder = new BatchBuilder(LogFormat.BlockBytes);
        builder.Begin(BatchKind.Abandon, identity.Segment, LogFormat.BlockBytes, _durable.NextLsn);
        var header = builder.Seal(identity, _durable, _durable, voided: _voidedBatch);
        return (header, builder.Bytes(header));
    }

    private void WriteHeader(IDiskFile file, SegmentIdentity identity)
    {
        var block = new byte[LogFormat.BlockBytes];
        new SegmentHeader
        {
            Reason = _reason,
            Identity = identity,
            FirstLsn = _durable.NextLsn,
            PreviousSegment = _durable.Segment,
            PreviousEnd = _durable.Offset,
            DurableLsn = _durable.LastLsn,
            DurableBatch = _durable.NextBatch - 1,
            DurableChecksum = _durable.Checksum,
            Created = _time.GetUtcNow(),
        }.Write(block);
        file.WriteFully(block, 0);
        Counters.Overhead(block.Length);
    }

    /// <summary>A file under the temporary name: a recycled one, or a new one.</summary>
    private IDiskFile TakeFile(string temporary)
    {
        if (_disk.Exists(temporary))
        {
            _disk.Unlink(temporary);
        }

        string? recycled;
        lock (_freeGate)
        {
            _free.TryDequeue(out recycled);
        }

        if (recycled is null)
        {
            return _disk.Create(temporary);
        }

        _disk.Rename(recycled, temporary);
        return _disk.Open(temporary, DiskAccess.ReadWrite);
    }

    private void Discard(string temporary)
    {
        try
        {
            _disk.Unlink(temporary);
        }
        catch (DiskException)
        {
            // It means nothing and is removed at the next open; the failure that matters is already on its way.
        }
    }

    /// <returns>The segment, open under the name it now has for good.</returns>
    private IDiskFile SyncName(string path)
    {
        try
        {
            _disk.SyncDirectory(_directory, SyncPoint.LogSegmentName);
            Counters.Sync();
            return _disk.Open(path, DiskAccess.ReadWrite);
        }
        catch (DiskException failure)
        {
            // Not a matter of room even if the disk says so: the segment may or may not be there.
            throw new LogException(
                LogFault.LogFailed,
                CommitState.NotStored,
                $"A new segment's name is in doubt: {failure.Message}",
                failure);
        }
    }

    private void Adopt(Segment segment, IDiskFile file, SegmentIdentity identity, BatchHeader? abandon)
    {
        segment.Adopt(file);

        // Entered like a reader while it is written to: its handle is not one to be closed for want of handles.
        segment.TryEnter();
        _active?.Exit();
        (_file, _identity, _epoch, _lastSegment) = (file, identity, identity.Epoch, segment.Id);
        _writtenEnd = 0;
        lock (_gate)
        {
            _active = segment;
            _mustAbandon = false;
            _reason = SegmentReason.Roll;
            _durable = abandon is { } header
                ? new LogBatch(header, LogFormat.BlockBytes, default).End
                : _durable with { Segment = segment.Id, BatchOffset = 0, Offset = LogFormat.BlockBytes };
        }

        segment.DurableEnd = _durable.Offset;
        _segments.Add(segment);

        // After the segment can be found: a reader told that there is a next one must be able to enter it.
        Volatile.Write(ref _newestSegment, segment.Id);
    }
}
