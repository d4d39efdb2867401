using CimStore.Disk.Files;

namespace CimStore.Disk.Log;

// Parts of records, for readers that prove what they read in another way or need only the front.
internal sealed partial class ContentLog
{
    /// <summary>Reads bytes of a segment as they are; nothing is checked but that they are there and durable.</summary>
    /// <returns>False when the segment was dropped: what lay there lives elsewhere now, or nowhere.</returns>
    /// <exception cref="LogException">The segment ends before the range does.</exception>
    public bool TryReadRange(ulong segmentId, long offset, Span<byte> destination)
    {
        if (!_segments.TryGet(segmentId, out var segment) || !segment.TryEnter())
        {
            return false;
        }

        try
        {
            if (offset + destination.Length > segment.DurableEnd)
            {
                throw new ArgumentOutOfRangeException(nameof(offset), offset, "Beyond the durable end of the log.");
            }

            return segment.File(_segments).Read(destination, offset) == destination.Length
                ? true
                : throw Damaged(segmentId, offset);
        }
        finally
        {
            segment.Exit();
        }
    }

    /// <summary>The next read of these bytes comes from the device.</summary>
    public void DropCached(ulong segmentId, long offset, long length)
    {
        if (!_segments.TryGet(segmentId, out var segment) || !segment.TryEnter())
        {
            return;
        }

        try
        {
            segment.File(_segments).DropCached(offset, length);
        }
        catch (DiskException)
        {
            // Whoever reads it next is told.
        }
        finally
        {
            segment.Exit();
        }
    }

    /// <summary>Reads head, key and meta of a record, checked, into a buffer of their size.</summary>
    /// <param name="record">Without its payload.</param>
    /// <returns>False when the segment was dropped.</returns>
    public bool TryReadFront(LogPosition position, Memory<byte> front, out LogRecord record)
    {
        record = default;
        if (!TryReadRange(position.Segment, position.Offset, front.Span))
        {
            return false;
        }

        var head = RecordHead.Read(front.Span);
        if (head.FrontBytes != front.Length || head.LengthBytes != position.LengthBytes
            || head.Checksum != Crc32C.Of(front.Span[sizeof(uint)..]))
        {
            throw Damaged(position.Segment, position.Offset);
        }

        record = new LogRecord(
            head.Lsn,
            head.Type,
            head.Flags,
            front.Slice(LogFormat.RecordHeadBytes, head.KeyBytes),
            front.Slice(LogFormat.RecordHeadBytes + head.KeyBytes, head.MetaBytes),
            ReadOnlyMemory<byte>.Empty,
            position);
        return true;
    }

    private static LogException Damaged(ulong segment, long offset) => new(
        LogFault.Corrupt,
        CommitState.Stored,
        $"Segment {LogFormat.SegmentName(segment)} is damaged at offset {offset}.");
}
