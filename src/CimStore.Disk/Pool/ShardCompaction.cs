using CimStore.Disk.Compaction;
using CimStore.Disk.Log;

namespace CimStore.Disk.Pool;

/// <summary>
/// Empties segments of a shard log that hold mostly garbage, as <see cref="SegmentCompaction"/> does for the node's.
/// What was given up is still told by its release record while an older segment may hold the shard: an index that is
/// made anew must not bring it back.
/// </summary>
/// <param name="directory">Whose log it empties.</param>
/// <param name="index">Of the pool.</param>
/// <param name="isShort">Its disk is nearly full: whatever holds garbage at all is worth while.</param>
internal sealed class ShardCompaction(ShardDirectory directory, ShardIndex index, bool isShort)
{
    /// <summary>Of the segment's file. The rest is garbage, what batches were filled up with, or was never used.
    /// </summary>
    private const double NeededShareMin = 0.75;

    /// <summary>
    /// Of the segment's file, what batches were filled up with when they were first written. At the worst seven bytes
    /// are moved to give back one; and for what was moved itself nothing is moved again.
    /// </summary>
    private const double PaddingShareMax = 0.125;

    private const int WriteBytesMax = 512 << 10;

    private readonly ContentLog _log = directory.Log;

    // What does not fit the end of a segment goes to the next one: little is left there when writes are small.
    private readonly long _writeBytes = Math.Min(WriteBytesMax, directory.Log.SegmentBytes / 16);

    /// <returns>Bytes given back.</returns>
    public async ValueTask<long> RunAsync(CancellationToken cancellationToken)
    {
        long given = 0;
        var uses = directory.Projection.Uses();

        // What a failed drop left comes back at the next open, older than all that is listed.
        var isOldest = !_log.HasUndropped;
        foreach (var segment in _log.Segments())
        {
            cancellationToken.ThrowIfCancellationRequested();
            var isWorthwhile = !segment.IsNewest && !IsDamaged(segment.Id)
                && IsWorthwhile(segment.LengthBytes, uses.GetValueOrDefault(segment.Id), isOldest);
            var emptied = isWorthwhile ? await EmptyAsync(segment, isOldest, cancellationToken) : null;
            isOldest &= emptied is not null;
            given += emptied ?? 0;
        }

        return given;
    }

    private bool IsWorthwhile(long lengthBytes, in ShardSegmentUse use, bool isOldest)
    {
        var records = use.ShardBytes + use.ReleaseBytes;
        var needed = use.ShardBytes - use.GarbageBytes + (isOldest ? 0 : use.ReleaseBytes);
        return needed <= lengthBytes * NeededShareMin
            || use.PaddingBytes >= lengthBytes * PaddingShareMax
            || (isShort && needed <= records * Thoroughness.LiveShareWhenShort);
    }

    /// <returns>Bytes given back; null when the segment stays.</returns>
    private async ValueTask<long?> EmptyAsync(
        SegmentSummary segment, bool isOldest, CancellationToken cancellationToken)
    {
        var before = Written();
        if (!_log.AwaitAllApplied() || !IsIntact(segment.Id, cancellationToken)
            || !await MoveAsync(segment.Id, isOldest, cancellationToken))
        {
            return null;
        }

        // The old segment may go only when no older index can come back.
        index.Flush(wait: true);
        if (!await _log.DropSegmentAsync(segment.Id, cancellationToken))
        {
            return null;
        }

        directory.Projection.Forget(segment.Id);
        return Math.Max(0, segment.LengthBytes - (Written() - before));
    }

    /// <summary>
    /// Read as a whole before anything of it is written again: a damaged segment stays, and so do its release records,
    /// so that each pass and each restart would add what was moved out of it to the log once more.
    /// </summary>
    private bool IsIntact(ulong segment, CancellationToken cancellationToken)
    {
        using var reader = _log.ReadSegment(segment, _ => directory.DamagedSegments[segment] = true);
        while (!IsDamaged(segment) && reader.MoveNext(out _))
        {
            cancellationToken.ThrowIfCancellationRequested();
        }

        return !IsDamaged(segment);
    }

    /// <returns>False when something in the segment is damaged: it stays, for whoever can repair it.</returns>
    private async ValueTask<bool> MoveAsync(ulong segment, bool isOldest, CancellationToken cancellationToken)
    {
        using var reader = _log.ReadSegment(segment, _ => directory.DamagedSegments[segment] = true);
        var isAtEnd = false;
        while (!isAtEnd)
        {
            // A copy given up between the look at it and its move would come back when the index is made anew.
            await directory.Moving.WaitAsync(cancellationToken);
            try
            {
                // Many batches make one: what each of them was filled up with is what small records lose most by.
                var write = new RelocateWrite();
                while (write.SizeBytes < _writeBytes && !(isAtEnd = !reader.MoveNext(out var batch)))
                {
                    foreach (var record in batch)
                    {
                        if (IsNeeded(record, isOldest))
                        {
                            write.Add(record, record.Flags, keepKey: true, keepPayload: true);
                        }
                    }
                }

                if (!write.IsEmpty)
                {
                    await _log.CommitAsync(write, CancellationToken.None);
                }
            }
            finally
            {
                directory.Moving.Release();
            }
        }

        return !IsDamaged(segment);
    }

    private bool IsNeeded(in LogRecord record, bool isOldest)
    {
        if (record.Type == ShardRecords.Release)
        {
            return !isOldest;
        }

        return record.Type == ShardRecords.Shard
            && Content.Cid.TryReadBytes(record.Key.Span, out var cid, out _)
            && ShardDescription.Read(cid, record.Meta.Span).Manifest is var manifest
            && index.Find(manifest.Key, manifest.Incarnation, directory.Slot)?.Position == record.Position;
    }

    private bool IsDamaged(ulong segment) => directory.DamagedSegments.ContainsKey(segment);

    private long Written() => _log.Counters.ContentBytes + _log.Counters.OverheadBytes + _log.Counters.PaddingBytes;
}
