namespace CimStore.Disk.Log;

// Group commit. Committers put their records into the open batch themselves, under the gate; one of them (the leader)
// closes the batch, writes and syncs it while the next one fills. Syncs come one after the other; when much is waiting,
// one thread syncs a batch while another applies the one before it and a committer writes the one after it.
internal sealed partial class ContentLog
{
    private const int PooledWaitersMax = 1024;
    private const int PassOnBytes = 96 << 10;
    private const int GatheredWritesMin = 4;

    // One to two milliseconds: a sleep takes as long as the system's timers are coarse.
    private const int NobodyBackSleepsMax = 16;

    private readonly Lock _gate = new();
    private readonly Queue<(LogWrite Write, LogWriteSize Size, CommitWaiter Waiter)> _waiting = new();
    private readonly Stack<CommitWaiter> _pool = new();
    private readonly Lock _poolGate = new();
    private readonly ITimer _idle;

    // A monitor: whoever applies next waits in it for the batch handed over before his. Batches are applied one at a
    // time in their order: it is entered before the lead is passed on. Taken before the gate, never after.
    private readonly object _applying = new();
    private readonly SignalledThread _leader;
    private readonly SignalledThread _applier;
    private (BatchBuilder Batch, LogBatch Durable)? _handedOver;

    // Under the gate.
    private BatchBuilder _open;
    private readonly Stack<BatchBuilder> _spares;
    private bool _leading;
    private bool _closing;
    private LogException? _refusal;
    private TaskCompletionSource? _drained;
    private ulong _placeSegment;
    private long _placeOffset;
    private ulong _placeLsn;
    private bool _idleArmed;
    private bool _unmarked;
    private ulong _batchWhenArmed;

    // Changed by the leader, under the gate.
    private LogCursor _durable;
    private ulong _durableLsn;

    /// <summary>
    /// Commits the write. When nobody is committing, the caller's thread writes and syncs before this returns: handing
    /// over to another thread costs more than twice the sync.
    /// </summary>
    /// <returns>Completed when the write is durable; <see cref="AwaitApplied"/> waits until the index has it.</returns>
    /// <exception cref="LogException">Its state says what is known of the write.</exception>
    public ValueTask CommitAsync(LogWrite write, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var size = write.Size;
        RequireFit(size);
        CommitWaiter? waiter = null;
        var (isNextToBeWritten, isFirst) = (false, false);
        lock (_gate)
        {
            RequireAccepting();
            if (_waiting.Count > 0 || !HasRoom(write.Kind, size))
            {
                waiter = Wait(write, size);
            }
            else
            {
                Join(write, size);
                if (_leading || !_options.CallersLead)
                {
                    waiter = RentWaiter();
                    _open.Waiters.Add(waiter);
                }

                (isFirst, _leading) = (!_leading, true);
            }

            isNextToBeWritten = waiter is not null && !isFirst && AsksForAhead();
        }

        if (isFirst && waiter is not null)
        {
            _leader.Signal();
        }

        if (isNextToBeWritten)
        {
            WriteAhead();
        }

        if (waiter is not null)
        {
            return waiter.Task;
        }

        // From here on the token is not looked at: the records may be on their way to the disk.
        var failure = LeadByCaller();
        return failure is null ? ValueTask.CompletedTask : ValueTask.FromException(failure);
    }

    /// <summary>Commits one batch with the thread that came; what is left is for the log's own.</summary>
    /// <returns>Why the batch failed, or null.</returns>
    private LogException? LeadByCaller()
    {
        var batch = TakeOpen();
        var failure = Commit(batch, closed: false, out var durable);
        bool isPassedOn;
        lock (_applying)
        {
            AwaitHandedOver();
            isPassedOn = IsNextWorthASync();
            if (isPassedOn)
            {
                _leader.Signal();
            }

            failure = Finish(batch, durable, failure);
        }

        if (!isPassedOn && !Rest())
        {
            _leader.Signal();
        }

        return failure;
    }

    /// <summary>The work of the thread that leads: until there is nothing left.</summary>
    private void Lead()
    {
        do
        {
            var batch = TakeNext();
            var failure = Commit(batch, closed: false, out var durable);
            if (failure is null && IsNextWorthASync())
            {
                HandOver(batch, durable);
                continue;
            }

            FinishInOrder(batch, durable, failure);
            Gather();
        }
        while (!Rest());
    }

    /// <summary>
    /// Whoever was just answered is likely to come back with the next write. Were the first of them to lead at once, it
    /// would sync alone and let all others wait for two syncs. So the leader of a batch of many waits until as many
    /// are back, or enough for a sync of their own: from the first of them on never longer than its own sync took, and
    /// while there is none, nobody waits for it. Asleep: what they do until they are back wants the processors.
    /// </summary>
    private void Gather()
    {
        if (_answered < GatheredWritesMin)
        {
            return;
        }

        var isAnyBack = false;
        var since = _time.GetTimestamp();
        for (var sleeps = 0; !IsGathered(out var isBegun); sleeps++)
        {
            if (isBegun && !isAnyBack)
            {
                (isAnyBack, since) = (true, _time.GetTimestamp());
            }

            if (isAnyBack ? _time.GetElapsedTime(since) >= _lastSync : sleeps == NobodyBackSleepsMax)
            {
                return;
            }

            ShortSleep.Run();
        }
    }

    private bool IsGathered(out bool isBegun)
    {
        lock (_gate)
        {
            isBegun = _open.IsBegun;
            return _closing || _refusal is not null
                || _open.Writes >= _answered || _open.ReservedBytes >= PassOnBytes;
        }
    }

    private void RequireFit(LogWriteSize size)
    {
        var room = LogFormat.BatchHeaderBytes + size.RoomBytes;
        var max = Math.Min(_options.WriteBytesMax, _options.SegmentBytes - (4 * LogFormat.BlockBytes));
        if (room > max)
        {
            throw new LogException(
                LogFault.TooLarge, CommitState.NotStored, $"A write of {room} bytes; the limit is {max}.");
        }
    }

    private void RequireAccepting()
    {
        if (_refusal is not null)
        {
            throw _refusal;
        }

        if (_closing)
        {
            throw new LogException(LogFault.Closed, CommitState.NotStored, "The log is closed.");
        }
    }

    private bool HasRoom(BatchKind kind, LogWriteSize size) =>
        !_open.IsBegun
        || (_open.Kind == kind
            && _open.Writes < _options.BatchWrites
            && _open.ReservedBytes + size.RoomBytes <= _options.BatchBytes
            && FitsAt(_open.Offset, _open.ReservedBytes + size.RoomBytes));

    /// <summary>
    /// Room for the mark after it is always kept, so that a full segment can still say it is durable.
    /// </summary>
    private bool FitsAt(long offset, long bytes) =>
        offset + LogFormat.AlignUp(bytes, LogFormat.BlockBytes) + LogFormat.BlockBytes <= _options.SegmentBytes;

    private void Join(LogWrite write, LogWriteSize size)
    {
        if (!_open.IsBegun)
        {
            if (!FitsAt(_placeOffset, LogFormat.BatchHeaderBytes + size.RoomBytes))
            {
                (_placeSegment, _placeOffset) = (_placeSegment + 1, LogFormat.BlockBytes);
            }

            _open.Begin(write.Kind, _placeSegment, _placeOffset, _placeLsn);
        }

        try
        {
            _open.Take(write, size);
        }
        finally
        {
            if (_open.Writes == 0)
            {
                _open.Reset();
            }
        }
    }

    private CommitWaiter Wait(LogWrite write, LogWriteSize size)
    {
        if (_waiting.Count >= _options.WaitingWritesMax)
        {
            throw new LogException(
                LogFault.Overloaded, CommitState.NotStored, $"{_waiting.Count} writes wait already; try again later.");
        }

        var waiter = RentWaiter();
        _waiting.Enqueue((write, size, waiter));
        return waiter;
    }

    private BatchBuilder TakeOpen()
    {
        lock (_gate)
        {
            return CloseOpen();
        }
    }

    /// <summary>Under the gate: takes the open batch and opens the next.</summary>
    private BatchBuilder CloseOpen()
    {
        var batch = _open;
        _open = _spares.Pop();
        _placeOffset += batch.IsBegun ? batch.SealedBytes : 0;
        _placeLsn = batch.IsBegun ? batch.NextLsn : _placeLsn;
        Admit();
        return batch;
    }

    /// <summary>
    /// Only a batch worth a sync of its own: a small one grows by those who are answered when this one is applied.
    /// </summary>
    private bool IsNextWorthASync()
    {
        lock (_gate)
        {
            return _ahead is not null || _open.ReservedBytes >= PassOnBytes;
        }
    }

    /// <summary>
    /// The leader goes on to the next sync at once: were it the one to apply, the disk would stand still until another
    /// thread has woken up.
    /// </summary>
    private void HandOver(BatchBuilder batch, in LogBatch durable)
    {
        lock (_applying)
        {
            AwaitHandedOver();
            _handedOver = (batch, durable);
        }

        _applier.Signal();
    }

    /// <summary>The work of the thread that applies.</summary>
    private void ApplyHandedOver()
    {
        lock (_applying)
        {
            var (batch, durable) = _handedOver!.Value;
            _handedOver = null;
            Finish(batch, durable, null);
        }
    }

    /// <summary>In the monitor, which it leaves while it waits.</summary>
    private void AwaitHandedOver()
    {
        while (_handedOver is not null)
        {
            Monitor.Wait(_applying);
        }
    }

    private LogException? FinishInOrder(BatchBuilder batch, in LogBatch durable, LogException? failure)
    {
        lock (_applying)
        {
            AwaitHandedOver();
            return Finish(batch, durable, failure);
        }
    }

    /// <summary>
    /// In the monitor: applies what was made durable. Those who were told come back with their next writes meanwhile;
    /// whoever asks the index for what it does not have yet waits.
    /// </summary>
    private LogException? Finish(BatchBuilder batch, in LogBatch durable, LogException? failure)
    {
        failure ??= Apply(durable);
        Monitor.PulseAll(_applying);
        if (!batch.IsTold)
        {
            Answer(batch, failure);
        }

        lock (_gate)
        {
            batch.Reset();
            _spares.Push(batch);
        }

        return failure;
    }

    /// <summary>Lets those who wait into the open batch, in their order.</summary>
    private void Admit()
    {
        while (_waiting.TryPeek(out var next) && HasRoom(next.Write.Kind, next.Size))
        {
            _waiting.Dequeue();
            try
            {
                Join(next.Write, next.Size);
                _open.Waiters.Add(next.Waiter);
            }
            catch (Exception refused)
            {
                // The layer above refused its own write; only its committer hears of it.
                next.Waiter.Complete(refused);
            }
        }
    }

    /// <returns>True when nothing is left to do and nobody leads any more.</returns>
    private bool Rest()
    {
        lock (_gate)
        {
            if (!_open.IsBegun)
            {
                Admit();
            }

            if (_open.IsBegun || _ahead is not null)
            {
                return false;
            }

            _leading = false;
            ArmIdle();
            _drained?.TrySetResult();
            return true;
        }
    }

    private CommitWaiter RentWaiter()
    {
        lock (_poolGate)
        {
            return _pool.TryPop(out var waiter) ? waiter : new CommitWaiter(ReturnWaiter);
        }
    }

    private void ReturnWaiter(CommitWaiter waiter)
    {
        lock (_poolGate)
        {
            if (_pool.Count < PooledWaitersMax)
            {
                _pool.Push(waiter);
            }
        }
    }
}
