namespace CimStore.Disk.Log;

/// <summary>
/// A segment as the log knows it: the length of its file, and where its batches end, which is null for one that was not
/// replayed when the log was opened.
/// </summary>
internal readonly record struct SegmentSummary(ulong Id, long LengthBytes, long? EndOffset, bool IsNewest);
