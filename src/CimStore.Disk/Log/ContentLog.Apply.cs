namespace CimStore.Disk.Log;

// What is durable reaches the index a moment after its committers were told; whoever needs it there waits.
internal sealed partial class ContentLog
{
    // With the lock that keeps batches in order. Once set it stays so.
    private bool _isBehind;

    // The last LSN that anybody was told is durable before the index had it, set before he is; and the index's own.
    private ulong _toldLsn;
    private ulong _appliedLsn;

    /// <summary>
    /// Waits until everything that a committer was told of is in the index; at most for two batches. Not to be called
    /// from a <see cref="LogWrite"/>.
    /// </summary>
    /// <returns>False when the index failed: what is missing there is stored all the same.</returns>
    public bool AwaitApplied()
    {
        var told = Volatile.Read(ref _toldLsn);
        if (Volatile.Read(ref _appliedLsn) >= told)
        {
            return !Volatile.Read(ref _isBehind);
        }

        lock (_applying)
        {
            while (_appliedLsn < told && !_isBehind)
            {
                Monitor.Wait(_applying);
            }

            return !_isBehind;
        }
    }

    /// <summary>Waits until all batches of segments that are no longer the newest are in the index.</summary>
    /// <returns>False when the index failed.</returns>
    public bool AwaitAllApplied()
    {
        lock (_applying)
        {
            AwaitHandedOver();
            return !_isBehind;
        }
    }

    /// <summary>By the leader, as soon as the batch is durable: its committers come back while it is applied.</summary>
    private void Tell(BatchBuilder batch, in LogBatch durable)
    {
        if (Announce(durable))
        {
            batch.IsTold = true;
            Answer(batch, null);
        }
    }

    private bool Announce(in LogBatch batch)
    {
        if (batch.RecordCount == 0)
        {
            return false;
        }

        try
        {
            if (!_projection.Announce(batch))
            {
                return false;
            }
        }
        catch (Exception)
        {
            // Nothing was promised, so its committers are told when it was applied.
            return false;
        }

        if (Volatile.Read(ref _isBehind))
        {
            // The index will never have it. Now that this is announced, nobody takes it for absent.
            return false;
        }

        Volatile.Write(ref _toldLsn, batch.End.LastLsn);
        return true;
    }

    private void Answer(BatchBuilder batch, Exception? failure)
    {
        Volatile.Write(ref _answered, batch.Writes);
        foreach (var waiter in batch.Waiters)
        {
            waiter.Complete(failure);
        }
    }

    /// <summary>Under the lock that keeps batches in order.</summary>
    /// <returns>Why the log failed, or null.</returns>
    private LogException? Apply(in LogBatch batch)
    {
        if (batch.Header.RecordCount == 0)
        {
            return null;
        }

        if (_isBehind)
        {
            return new LogException(
                LogFault.LogFailed, CommitState.Stored, "The batch is durable, and the index failed before it.");
        }

        try
        {
            _projection.Apply(batch);
            Volatile.Write(ref _appliedLsn, batch.End.LastLsn);
            return null;
        }
        catch (Exception failure)
        {
            // The index is behind for good; only a replay at the next open can bring it level.
            Volatile.Write(ref _isBehind, true);
            return Stop(failure, CommitState.Stored);
        }
    }
}
