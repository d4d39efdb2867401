using CimStore.Disk.Log;

namespace CimStore.Disk.Catalog;

// Records that compaction moved.
internal sealed partial class CatalogProjection
{
    private void Relocate(in LogRecord record)
    {
        var kind = RecordKinds.Place(record.Flags);
        var moved = Place.Of(record, kind);
        if (PlaceOf(record.Lsn) is not { } old)
        {
            IsTooOld |= !PlacesOnly;
            PutPlace(record.Lsn, moved);
            UseMoved(moved, isGarbage: false);
            return;
        }

        if (old.Kind is PlaceKind.Inline)
        {
            tally.Use(old.Position.Segment, new SegmentUse(0, old.PayloadBytes));
        }

        if (old.Kind == PlaceKind.Large && kind != PlaceKind.Large)
        {
            // Made anew from a log whose compaction was interrupted: the original is still there, the release that is
            // applied later finds nothing to give up, and the file would count as referred to for ever.
            Span<byte> file = stackalloc byte[1 + 16];
            _batch.Delete(file[..CatalogKeys.WriteLargeFile(file, old.LargeId)]);
        }

        // Given up while it was being moved: the bytes arrived as garbage.
        var isGarbage = old.Kind == PlaceKind.Released && kind == PlaceKind.Inline;
        UseMoved(moved, isGarbage);
        PutPlace(
            record.Lsn,
            old.Kind == PlaceKind.Released ? moved with { Kind = old.Kind, LargeId = Guid.Empty } : moved);
    }

    private void UseMoved(in Place moved, bool isGarbage)
    {
        if (moved.Kind == PlaceKind.Inline)
        {
            tally.Use(moved.Position.Segment, new SegmentUse(moved.PayloadBytes, isGarbage ? moved.PayloadBytes : 0));
        }
    }
}
