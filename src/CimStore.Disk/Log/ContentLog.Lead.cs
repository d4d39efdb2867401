using System.Runtime.ExceptionServices;
using CimStore.Disk.Files;

namespace CimStore.Disk.Log;

// What the leader does with a batch, and what becomes of the log when the disk fails it.
internal sealed partial class ContentLog
{
    // Only the leader touches these, and who writes ahead of him while he syncs.
    private readonly DirectWrites _direct = new();
    private Segment? _active;
    private IDiskFile? _file;
    private SegmentIdentity _identity;
    private SegmentReason _reason;
    private ulong _epoch;
    private ulong _lastSegment;
    private ulong _voidedBatch;
    private bool _mustAbandon;
    private long _writtenEnd;
    private TimeSpan _lastSync;

    /// <summary>Makes the batch durable. Never throws: every committer is owed an answer.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="closed">It is the last one.</param>
    /// <param name="durable">What is to be applied; of no records when there is nothing.</param>
    /// <returns>Why the batch failed, or null.</returns>
    private LogException? Commit(BatchBuilder batch, bool closed, out LogBatch durable)
    {
        durable = default;
        if (batch.IsEmpty)
        {
            // Writes that appended nothing: they only wanted to be ordered after those before them.
            return null;
        }

        try
        {
            PrepareSegment(batch);
        }
        catch (DiskException failure)
        {
            return failure.IsNoSpace ? Refuse(failure) : Stop(failure, CommitState.NotStored);
        }
        catch (Exception failure)
        {
            return Stop(failure, CommitState.NotStored);
        }

        if (!batch.IsWrittenAhead)
        {
            batch.Seal(_identity, _durable, _durable, closed);
        }

        if (WriteAndSync(batch) is { } failed)
        {
            return failed;
        }

        durable = Publish(batch, batch.Header);
        Tell(batch, durable);
        return null;
    }

    private LogException? WriteAndSync(BatchBuilder batch)
    {
        var started = _time.GetTimestamp();
        try
        {
            if (batch.AheadFailure is { } failure)
            {
                ExceptionDispatchInfo.Throw(failure);
            }

            if (!batch.IsWrittenAhead)
            {
                Write(batch);
            }

            LetNextBeWritten(batch);
            var syncing = _time.GetTimestamp();
            _file!.SyncData(batch.Kind == BatchKind.Mark ? SyncPoint.LogMark : SyncPoint.LogBatch);
            Counters.Sync();
            _direct.Copied(batch.Header.LengthBytes, batch.Copying, batch.Copying + _time.GetElapsedTime(syncing));
            _lastSync = _time.GetElapsedTime(started);
            return null;
        }
        catch (DiskException failure)
        {
            // Before the sync was asked for, some of the batch was never written: it cannot be whole, and is not
            // stored.
            return Abandon(
                failure, batch.Header.Number, batch.IsWhole ? CommitState.Unknown : CommitState.NotStored);
        }
        catch (Exception failure)
        {
            var ahead = TakeAhead();
            var stopped = Stop(failure, CommitState.Unknown);
            GiveUp(ahead, stopped);
            return stopped;
        }
    }

    /// <summary>By the leader, or ahead of him; never by both at once.</summary>
    private void Write(BatchBuilder batch)
    {
        var bytes = batch.Bytes(batch.Header).Span;
        PreWrite(batch.Offset + bytes.Length, bytes.Length);
        var taken = _direct.Takes(bytes.Length) ? _file!.WriteBulk(bytes, batch.Offset) : 0;
        var started = _time.GetTimestamp();
        _file!.WriteFully(bytes[taken..], batch.Offset + taken);
        batch.Copying = taken > 0 ? TimeSpan.Zero : _time.GetElapsedTime(started);
        batch.IsWhole = true;
    }

    /// <summary>
    /// The first write to allocated room changes the file's extents, and the sync has to write those too. Behind a
    /// small batch a stretch of zeros goes along, so that only one sync in many pays for that.
    /// </summary>
    private void PreWrite(long batchEnd, long batchBytes)
    {
        if (batchEnd <= _writtenEnd)
        {
            return;
        }

        var zeros = _preWriting.AsSpan(0, (int)Math.Min(_preWriting.Length, _options.SegmentBytes - batchEnd));
        if (batchBytes > _preWriting.Length / 4 || zeros.IsEmpty)
        {
            _writtenEnd = batchEnd;
            return;
        }

        _file!.WriteFully(zeros, batchEnd);
        _writtenEnd = batchEnd + zeros.Length;
        Counters.PreWritten(zeros.Length);
    }

    private LogBatch Publish(BatchBuilder batch, in BatchHeader header)
    {
        var published = new LogBatch(header, batch.Offset, batch.Bytes(header));
        Counters.Batch(batch.Writes, header, batch.ContentBytes);
        lock (_gate)
        {
            _durable = published.End;
            _syncing = null;
            _unmarked = header.Kind != BatchKind.Mark;
        }

        // Readable before it is applied: whoever learns a position from the index must be able to read there.
        _active!.DurableEnd = published.End.Offset;
        Volatile.Write(ref _durableLsn, published.End.LastLsn);
        return published;
    }

    /// <summary>No room: nothing was written. The log goes on as soon as there is some.</summary>
    private LogException Refuse(DiskException failure)
    {
        var refused = new LogException(
            LogFault.DiskFull, CommitState.NotStored, LogException.DiskFullText, failure);
        Void(refused);
        return refused;
    }

    /// <summary>
    /// The segment's end is in doubt from here on: it is never written or read there again. The next segment says so in
    /// an abandon batch, durable before anything is acknowledged in it.
    /// </summary>
    private LogException Abandon(DiskException failure, ulong batch, CommitState state)
    {
        var (fault, text) = failure.IsNoSpace && state == CommitState.NotStored
            ? (LogFault.DiskFull, LogException.DiskFullText)
            : (LogFault.DiskFailed, state == CommitState.NotStored
                ? "The disk failed before the sync; nothing was stored."
                : "The sync failed; the write may or may not be stored.");
        var answer = new LogException(fault, state, text, failure);
        var ahead = TakeAhead();
        _voidedBatch = Math.Max(batch, ahead?.Header.Number ?? 0);
        _mustAbandon = true;
        _reason = SegmentReason.Abandon;
        Void(new LogException(
            fault, CommitState.NotStored, "The batch before this one failed; nothing was stored.", failure));
        GiveUp(ahead, answer);
        try
        {
            OpenSegment();
        }
        catch (DiskException second) when (second.IsNoSpace)
        {
            // The next commit tries again; until then nothing is acknowledged.
        }
        catch (Exception second)
        {
            Stop(second, CommitState.NotStored);
        }

        return answer;
    }

    /// <summary>The log cannot go on. Those who come and those who wait are told why; reading goes on.</summary>
    private LogException Stop(Exception failure, CommitState state)
    {
        var refusal = new LogException(
            LogFault.LogFailed,
            CommitState.NotStored,
            $"The log failed and takes no writes until it is opened again: {failure.Message}",
            failure);
        lock (_gate)
        {
            _refusal ??= refusal;
        }

        Void(refusal);
        return new LogException(LogFault.LogFailed, state, refusal.Message, failure);
    }

    /// <summary>
    /// Takes back what was handed out after the last durable batch. The open batch was numbered and chained behind the
    /// one that failed, so it goes too, though nothing of it was written.
    /// </summary>
    private void Void(LogException answer)
    {
        CommitWaiter[] waiters;
        lock (_applying)
        {
            AwaitHandedOver();
            waiters = VoidOpen();
        }

        foreach (var waiter in waiters)
        {
            waiter.Complete(answer);
        }
    }

    private CommitWaiter[] VoidOpen()
    {
        lock (_gate)
        {
            CommitWaiter[] waiters = [.. _open.Waiters];
            _open.Reset();
            PlaceAfterDurable();
            _projection.Void(_durable);
            if (_refusal is not null)
            {
                waiters = [.. waiters, .. _waiting.Select(static next => next.Waiter)];
                _waiting.Clear();
            }

            return waiters;
        }
    }

    /// <summary>Where the next batch goes: behind the last durable one, or into a segment yet to be made.</summary>
    private void PlaceAfterDurable()
    {
        _placeLsn = _durable.NextLsn;
        (_placeSegment, _placeOffset) = _active is { } active && !_mustAbandon
            ? (active.Id, _durable.Offset)
            : (_lastSegment + 1, _mustAbandon ? 2 * LogFormat.BlockBytes : LogFormat.BlockBytes);
    }
}
