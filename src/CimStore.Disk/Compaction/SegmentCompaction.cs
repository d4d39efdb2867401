using CimStore.Disk.Catalog;
using CimStore.Disk.Log;

namespace CimStore.Disk.Compaction;

/// <summary>
/// Empties segments that hold mostly garbage: copies every entry, and the content that still lives, into the newest
/// segment, waits until an index that has seen it is on disk, and only then drops the old one. A crash at any point
/// leaves one copy or two, never none.
/// </summary>
internal sealed class SegmentCompaction(ContentLog log, CatalogIndex index, StoreTally tally, double liveShareMin)
{
    /// <summary>One relocation batch: a put that comes meanwhile waits for no more than this.</summary>
    private const int WriteBytesMax = 512 << 10;

    /// <returns>Bytes given back.</returns>
    public async ValueTask<long> RunAsync(CancellationToken cancellationToken)
    {
        long given = 0;
        foreach (var segment in Candidates())
        {
            cancellationToken.ThrowIfCancellationRequested();
            given += await EmptyAsync(segment, cancellationToken);
        }

        return given;
    }

    private List<SegmentSummary> Candidates()
    {
        var uses = tally.Segments();
        var candidates = new List<(SegmentSummary Segment, double GarbageShare)>();
        foreach (var segment in log.Segments())
        {
            if (!segment.IsNewest
                && uses.TryGetValue(segment.Id, out var use)
                && use.GarbageBytes > 0
                && use.ContentBytes - use.GarbageBytes <= use.ContentBytes * liveShareMin)
            {
                candidates.Add((segment, (double)use.GarbageBytes / Math.Max(1, use.ContentBytes)));
            }
        }

        // What gives most back for what is written: on a full disk there may be no room for more than some.
        return [.. candidates.OrderByDescending(static one => one.GarbageShare).Select(static one => one.Segment)];
    }

    private async ValueTask<long> EmptyAsync(SegmentSummary segment, CancellationToken cancellationToken)
    {
        var before = log.Counters.ContentBytes + log.Counters.OverheadBytes + log.Counters.PaddingBytes;
        if (!await MoveAsync(segment.Id, cancellationToken))
        {
            return 0;
        }

        // The old segment may go only when no older index can come back: one that has not seen the relocations would
        // look for its records where nothing is.
        index.Flush(wait: true);
        if (!await log.DropSegmentAsync(segment.Id, cancellationToken))
        {
            return 0;
        }

        tally.Forget(segment.Id);
        CatalogReads.ForgetSegment(index, segment.Id);
        var after = log.Counters.ContentBytes + log.Counters.OverheadBytes + log.Counters.PaddingBytes;
        return Math.Max(0, segment.LengthBytes - (after - before));
    }

    /// <returns>
    /// False when something in the segment is damaged, or the index failed: it stays, for whoever can repair it.
    /// </returns>
    private async ValueTask<bool> MoveAsync(ulong segment, CancellationToken cancellationToken)
    {
        var isDamaged = false;
        var write = new RelocateWrite();

        // A record that the index does not know is taken for one that nobody needs.
        if (!log.AwaitAllApplied())
        {
            return false;
        }

        using (var reader = log.ReadSegment(segment, _ => isDamaged = true))
        {
            while (reader.MoveNext(out var batch))
            {
                foreach (var record in batch)
                {
                    Consider(record, write);
                    if (write.SizeBytes >= WriteBytesMax)
                    {
                        await log.CommitAsync(write, cancellationToken);
                        write = new RelocateWrite();
                    }
                }
            }
        }

        if (!write.IsEmpty)
        {
            await log.CommitAsync(write, cancellationToken);
        }

        return !isDamaged;
    }

    private void Consider(in LogRecord record, RelocateWrite write)
    {
        // Counted accesses are in the index; an index made anew may find them slightly older. Entries are for ever.
        if (record.Type != RecordKinds.Entry
            || CatalogReads.Place(index, record.Lsn) is not { } place
            || place.Position != record.Position)
        {
            return;
        }

        var (flags, keepKey, keepPayload) = place.Kind switch
        {
            PlaceKind.Inline => (record.Flags, false, true),
            PlaceKind.Large => (record.Flags, true, false),
            PlaceKind.Released => (RecordKinds.WasReleased, false, false),
            _ => (record.Flags, false, false),
        };
        write.Add(record, flags, keepKey, keepPayload);
    }
}
