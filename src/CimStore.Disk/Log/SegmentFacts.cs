using CimStore.Disk.Files;

namespace CimStore.Disk.Log;

/// <summary>
/// What can be said of a segment before its batches are read. Without a header, its first batch spoke.
/// </summary>
internal sealed record SegmentFacts(SegmentIdentity Identity, LogCursor Start, long LengthBytes, SegmentHeader? Header)
{
    /// <returns>Null when neither header nor any batch says what this file is.</returns>
    /// <exception cref="LogException">The format is newer than this program.</exception>
    public static SegmentFacts? Inspect(IDiskFile file, Guid store, ulong id, out bool foreign)
    {
        foreign = false;
        var length = file.Length;
        var block = new byte[LogFormat.BlockBytes];
        var read = file.Read(block, 0);
        if (SegmentHeader.VersionOf(block) is > LogFormat.Version and var version)
        {
            throw new LogException(
                LogFault.NewerFormat,
                CommitState.NotStored,
                $"{file.Path} has format {version}; this program knows {LogFormat.Version}. Nothing was changed.");
        }

        if (read == block.Length && SegmentHeader.TryRead(block, out var header))
        {
            foreign = header.Identity.Store != store || header.Identity.Segment != id;
            return new SegmentFacts(header.Identity, header.Start, length, header);
        }

        for (long at = LogFormat.BlockBytes; file.Read(block, at) == block.Length; at += LogFormat.BlockBytes)
        {
            if (BatchHeader.TryRead(block, out var batch)
                && batch.Identity.Store == store
                && batch.Identity.Segment == id)
            {
                var start = new LogCursor(id, 0, at, batch.Number, batch.FirstLsn, batch.PreviousChecksum);
                return new SegmentFacts(batch.Identity, start, length, null);
            }
        }

        return null;
    }
}
