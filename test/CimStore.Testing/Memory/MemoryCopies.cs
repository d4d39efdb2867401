using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Testing.Memory;

internal static class MemoryCopies
{
    /// <summary>What a location that the journal fills holds, by the records.</summary>
    public static IEnumerable<HeldCopy> Of(IEnumerable<ObjectRecord> records, LocationId location, ContentKey? after) =>
        from record in records
        where after is not { } last || record.Key.Cid.CompareTo(last.Cid) > 0
        orderby record.Key.Cid
        from copy in record.Copies
        where copy.Location == location
        select new HeldCopy(
            new CopyManifest(record.Key, record.SizeBytes, record.Root)
            {
                Header = copy.Header,
                Incarnation = copy.Incarnation,
            },
            record.CreatedAt,
            1);
}
