namespace CimStore.Disk.Log;

// While the leader syncs one batch, the next is written, so that the device has it in hand before its own sync begins.
// It is numbered and chained behind the one that is being synced, and shares its fate.
internal sealed partial class ContentLog
{
    // Held while the next batch is written. Taken before the gate, never after.
    private readonly object _writing = new();

    // Under the gate.
    private LogCursor? _syncing;
    private BatchBuilder? _ahead;
    private bool _isAheadAsked;

    // How many were answered last: they are likely to come back with their next write.
    private int _answered;

    /// <summary>The leader's next batch: the one written ahead, or else the open one.</summary>
    private BatchBuilder TakeNext() => TakeAhead() ?? TakeOpen();

    private BatchBuilder? TakeAhead()
    {
        lock (_writing)
        {
            lock (_gate)
            {
                (var ahead, _ahead, _syncing) = (_ahead, null, null);
                return ahead;
            }
        }
    }

    /// <summary>The batch is written and about to be synced: from now until then the next one may be written.</summary>
    private void LetNextBeWritten(BatchBuilder batch)
    {
        lock (_gate)
        {
            _syncing = new LogBatch(batch.Header, batch.Offset, default).End;
        }
    }

    /// <summary>Under the gate.</summary>
    /// <returns>True for the one who is to write it.</returns>
    private bool AsksForAhead()
    {
        if (_isAheadAsked || !IsWorthWritingAhead())
        {
            return false;
        }

        _isAheadAsked = true;
        return true;
    }

    /// <summary>
    /// Under the gate. Once written nobody can join it any more; so it waits until all who were just answered are back,
    /// or it is full.
    /// </summary>
    private bool IsWorthWritingAhead() =>
        _syncing is { } current && _ahead is null && _refusal is null
        && _open.ReservedBytes >= PassOnBytes && !_open.IsEmpty && _open.Segment == current.Segment
        && (_open.Writes >= _answered || _waiting.Count > 0);

    /// <summary>
    /// By the committer who completed the batch: nobody needs to be woken for it, and he waits for its sync anyway.
    /// </summary>
    private void WriteAhead()
    {
        lock (_writing)
        {
            BatchBuilder batch;
            LogCursor previous;
            LogCursor durable;
            lock (_gate)
            {
                _isAheadAsked = false;
                if (!IsWorthWritingAhead())
                {
                    // The leader was faster.
                    return;
                }

                (previous, durable) = (_syncing!.Value, _durable);
                batch = _ahead = CloseOpen();
            }

            batch.IsWrittenAhead = true;
            try
            {
                var header = batch.Seal(_identity, previous, durable);
                Write(batch);
                _file!.StartWriteOut(batch.Offset, header.LengthBytes);
            }
            catch (Exception failure)
            {
                // Told to its committers by the leader, when its turn has come.
                batch.AheadFailure = failure;
            }
        }
    }

    /// <summary>Tells the committers of the batch written ahead that it is void.</summary>
    private void GiveUp(BatchBuilder? ahead, LogException answer)
    {
        if (ahead is null)
        {
            return;
        }

        Answer(ahead, answer);
        lock (_gate)
        {
            ahead.Reset();
            _spares.Push(ahead);
        }
    }
}
