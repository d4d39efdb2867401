namespace CimStore.Disk.Log;

/// <summary>
/// What recovery found: the segments, where the log ends, and the highest epoch and segment id in use.
/// </summary>
internal sealed record RecoveredLog(
    IReadOnlyList<Segment> Segments, LogCursor End, ulong Epoch, ulong HighestSegment);
