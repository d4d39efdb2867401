namespace CimStore.Disk.Log;

/// <summary>
/// Something wrong in the log, left in place for whoever wants to look. <c>FirstLsn</c> is the first LSN that is or may
/// be lost, <c>NextLsn</c> the first after them; they are equal when none is, or (damage in a relocation) when the
/// record's own LSN cannot be read.
/// </summary>
internal sealed record LogFinding(
    LogFindingKind Kind, ulong Segment, long Offset, long LengthBytes, ulong FirstLsn, ulong NextLsn, string Message)
{
    /// <summary>
    /// The damaged record when only its payload is: with key and meta, which its head proves, and no payload.
    /// </summary>
    public LogRecord? Front { get; init; }
}
