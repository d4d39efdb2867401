using System.Buffers;
using CimStore.Disk.Log;
using CimStore.Journal;
using CimStore.Locations;

namespace CimStore.Disk.Catalog;

/// <summary>
/// The second half of making an index from nothing. The log was read once for the places of its records; now the
/// entries are applied in the order of their LSNs, because compaction may have moved older ones behind younger
/// ones.
/// </summary>
internal static class IndexMaking
{
    private const int GroupsPerPage = 64;

    public static void Finish(
        CatalogIndex index, CatalogProjection projection, ContentLog log, CancellationToken cancellationToken)
    {
        var after = 0UL;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var page = CatalogReads.Places(index, after, GroupsPerPage);
            if (page.Count == 0)
            {
                break;
            }

            var entries = new List<JournalEntry>(page.Count);
            foreach (var (lsn, place) in page)
            {
                entries.Add(Read(log, place));
                after = lsn;
            }

            projection.ApplyPlaced(entries);
        }

        projection.Complete();
    }

    public static JournalEntry Read(ContentLog log, in Place place)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(place.FrontBytes);
        try
        {
            return TryRead(log, place, buffer)
                ?? throw new IntegrityException("The log holds no record where the index says it does.");
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <returns>Null when the segment was dropped since the place was looked up.</returns>
    public static JournalEntry? TryRead(ContentLog log, in Place place, byte[] buffer) =>
        log.TryReadFront(place.Position, buffer.AsMemory(0, place.FrontBytes), out var record)
            ? EntryCodec.Read(record.Meta.Span, out _, out _)
            : null;
}
