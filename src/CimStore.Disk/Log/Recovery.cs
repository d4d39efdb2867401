using CimStore.Disk.Files;

namespace CimStore.Disk.Log;

/// <summary>
/// Finds where the log ends and replays what the index has not seen. Writes nothing but the identical bytes of a tail
/// whose durability is in doubt, and cuts off nothing but zeros, so that it can be interrupted and repeated at any
/// point.
/// </summary>
internal sealed class Recovery(
    IDisk disk, string directory, Guid store, ILogProjection projection, LogCounters counters)
{
    private readonly Dictionary<ulong, Segment> _segments = [];
    private ulong _epoch;

    /// <param name="from">What the index has seen, or null to replay everything.</param>
    public RecoveredLog Run(LogCursor? from)
    {
        var names = disk.List(directory);
        var ids = SegmentIds(names);
        var facts = Inspect(ids, from);

        // Only now, when no segment turned out to be of a newer format: that log must stay as it is.
        RemoveLeftovers(names);
        var end = from is null || facts.Count > 0 ? from ?? LogCursor.Origin : throw BehindIndex(from.Value);
        for (var index = 0; index < facts.Count; index++)
        {
            end = Replay(facts[index], index + 1 < facts.Count ? facts[index + 1] : null, from, end);
        }

        if (from is { } seen && end.NextBatch < seen.NextBatch)
        {
            throw BehindIndex(seen);
        }

        return new RecoveredLog([.. _segments.Values], end, _epoch, ids.Count == 0 ? 0 : ids[^1]);
    }

    private static List<ulong> SegmentIds(IReadOnlyList<string> names)
    {
        var ids = new List<ulong>();
        foreach (var name in names)
        {
            if (LogFormat.TryParseSegmentName(name, out var id))
            {
                ids.Add(id);
            }
        }

        // Fixed-width hexadecimal: the listing's order is the numbers' order.
        return ids;
    }

    /// <returns>
    /// Facts of the segments that may hold something the index has not seen, and always of the newest.
    /// </returns>
    private List<SegmentFacts> Inspect(List<ulong> ids, LogCursor? from)
    {
        var facts = new List<SegmentFacts>();
        for (var index = 0; index < ids.Count; index++)
        {
            var id = ids[index];
            var path = Path.Combine(directory, LogFormat.SegmentName(id));
            if (from is { } seen && id < seen.Segment && index + 1 < ids.Count)
            {
                // Not opened: a store of a million objects has many segments, and the index needs none of these.
                _segments[id] = new Segment(disk, path, id, 0);
                continue;
            }

            using var file = disk.Open(path, DiskAccess.Read);
            var found = SegmentFacts.Inspect(file, store, id, out var foreign);
            if (foreign)
            {
                Report(LogFindingKind.ForeignSegment, id, 0, file.Length, "is another store's or misnamed");
                continue;
            }

            _segments[id] = new Segment(disk, path, id, file.Length);
            if (found?.Header is null)
            {
                Report(LogFindingKind.CorruptSegment, id, 0, LogFormat.BlockBytes, "has a damaged header");
            }

            if (found is not null)
            {
                _epoch = Math.Max(_epoch, found.Identity.Epoch);
                facts.Add(found);
            }
        }

        return facts;
    }

    /// <summary>
    /// Files that mean nothing. A free one is not reused by a later life of the log: the process may have died between
    /// its renaming and the sync, and written over it could come back under its old name with another segment's bytes.
    /// </summary>
    private void RemoveLeftovers(IReadOnlyList<string> names)
    {
        foreach (var name in names)
        {
            if (name.EndsWith(Durable.TemporarySuffix, StringComparison.Ordinal)
                || name.EndsWith(LogFormat.FreeSuffix, StringComparison.Ordinal))
            {
                disk.Unlink(Path.Combine(directory, name));
            }
        }
    }

    private LogCursor Replay(SegmentFacts facts, SegmentFacts? next, LogCursor? from, LogCursor reached)
    {
        var id = facts.Identity.Segment;
        using var file = disk.Open(_segments[id].Path, DiskAccess.Read);
        var stated = SegmentEnd.Find(disk, directory, store, id, next);
        if (next is not null && stated is null)
        {
            // A drop leaves that behind: the segment after this one, or what was kept of it, is lost.
            Report(LogFindingKind.CorruptSegment, id, 0, facts.LengthBytes, "has an end that nothing tells any more");
        }

        var start = facts.Start;
        if (from is { } seen && seen.Segment == id)
        {
            ProveCursor(file, facts, stated, seen);
            start = seen;
        }
        else if (from is { } ahead && id < ahead.Segment)
        {
            // The newest segment is older than the one the index has seen.
            throw BehindIndex(ahead);
        }

        var replay = new SegmentReplay(file, facts, stated, projection);
        var end = replay.Run(start, next?.Start.NextLsn);
        _segments[id].DurableEnd = end.Offset;
        if (next is null && replay.TailStart is { } tail)
        {
            SecureTail(id, tail, end.Offset);
        }

        if (next is null && replay.UnusedFrom is { } unused)
        {
            // A log that was killed left it. It was just read; the next open need not do so again.
            _segments[id].GiveBack(unused);
        }

        return end.NextBatch < reached.NextBatch ? reached : end;
    }

    /// <summary>
    /// The last batch the index has seen must be there, or at least something later that vouches for it.
    /// </summary>
    private void ProveCursor(IDiskFile file, SegmentFacts facts, SegmentEnd? stated, LogCursor seen)
    {
        if (stated is { } end && end.Batch + 1 < seen.NextBatch)
        {
            throw BehindIndex(seen);
        }

        var block = new byte[LogFormat.BlockBytes];
        if (stated is not null
            || seen.BatchOffset == 0
            || (file.Read(block, seen.BatchOffset) == block.Length
                && BatchHeader.TryRead(block, out var header)
                && header.Identity == facts.Identity
                && header.Checksum == seen.Checksum))
        {
            return;
        }

        var scanner = new SegmentScanner(file, facts.Identity, LogFormat.BlockBytes, facts.LengthBytes);
        while (scanner.TryNext(out var later, out _))
        {
            if (later.Number >= seen.NextBatch || later.DurableBatch + 1 >= seen.NextBatch)
            {
                Report(
                    LogFindingKind.CorruptBatch,
                    seen.Segment,
                    seen.BatchOffset,
                    seen.Offset - seen.BatchOffset,
                    "holds a damaged batch that the index has seen");
                return;
            }
        }

        throw BehindIndex(seen);
    }

    /// <summary>
    /// Writes the accepted tail again, byte for byte, and syncs it. Without this a batch that lives only in the page
    /// cache (its sync failed or never came, then the process died) would be built upon, and a power cut would tear a
    /// hole below acknowledged batches. Syncing alone is not enough: after a failed sync its pages count as clean.
    /// </summary>
    private void SecureTail(ulong id, long from, long to)
    {
        using var file = disk.Open(_segments[id].Path, DiskAccess.ReadWrite);
        var buffer = new byte[Math.Min(to - from, 1 << 20)];
        for (var at = from; at < to; at += buffer.Length)
        {
            var piece = buffer.AsSpan(0, (int)Math.Min(buffer.Length, to - at));
            if (file.Read(piece, at) < piece.Length)
            {
                throw new DiskException(Errno.InputOutput, DiskOperation.Read, file.Path);
            }

            file.WriteFully(piece, at);
            counters.Overhead(piece.Length);
        }

        file.SyncData(SyncPoint.LogRecoveredTail);
        counters.Sync();
    }

    private void Report(LogFindingKind kind, ulong segment, long offset, long length, string what) =>
        projection.Report(new LogFinding(
            kind, segment, offset, length, 0, 0, $"Segment {LogFormat.SegmentName(segment)} {what}."));

    private static LogException BehindIndex(LogCursor seen) => new(
        LogFault.BehindIndex,
        CommitState.NotStored,
        $"The index has seen batch {seen.NextBatch - 1} in segment {LogFormat.SegmentName(seen.Segment)}, "
        + "which the log does not hold: the log lost its end or is an older copy. Nothing was changed. Where it is a "
        + "pool's: empty the directory, and 'cimstore pool replace' makes its shards again.");
}
