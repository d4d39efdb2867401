namespace CimStore.Disk.Log;

// The idle mark: soon after the last batch, so that from then on damage to it is known to be damage.
internal sealed partial class ContentLog
{
    /// <summary>
    /// Under the gate. Armed once per delay, not once per commit: a timer change costs more than a comparison.
    /// </summary>
    private void ArmIdle()
    {
        if (_idleArmed || !_unmarked || _closing || _refusal is not null || _options.IdleMarkDelay == TimeSpan.Zero)
        {
            return;
        }

        _idleArmed = true;
        _batchWhenArmed = _durable.NextBatch;
        _idle.Change(_options.IdleMarkDelay, Timeout.InfiniteTimeSpan);
    }

    private void OnIdle()
    {
        lock (_gate)
        {
            _idleArmed = false;
            if (_closing || _refusal is not null || _leading)
            {
                return;
            }

            if (_batchWhenArmed != _durable.NextBatch)
            {
                ArmIdle();
                return;
            }

            if (!TryBeginMark())
            {
                return;
            }

            _leading = true;
        }

        // A mark that fails has no committer to tell; the log has moved to a new segment or refuses the next commit.
        LeadByCaller();
    }

    /// <summary>Under the gate, when nobody leads.</summary>
    private bool TryBeginMark()
    {
        if (!_unmarked || _mustAbandon || _placeSegment != _active?.Id
            || _placeOffset + LogFormat.BlockBytes > _options.SegmentBytes)
        {
            return false;
        }

        _open.Begin(BatchKind.Mark, _placeSegment, _placeOffset, _placeLsn);
        return true;
    }
}
