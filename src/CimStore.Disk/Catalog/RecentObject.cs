using CimStore.Objects;

namespace CimStore.Disk.Catalog;

/// <summary>A record and, once somebody read it, where its local copy lies.</summary>
internal sealed class RecentObject(ObjectRecord record)
{
    private KnownPlace? _place;

    public ObjectRecord Record { get; } = record;

    /// <summary>
    /// It may have been moved by compaction since: then its segment is gone, and the index knows where it lies now.
    /// </summary>
    public Place? PlaceOf(ulong incarnation) =>
        Volatile.Read(ref _place) is { } known && known.Incarnation == incarnation ? known.Place : null;

    public void Remember(ulong incarnation, in Place place) =>
        Volatile.Write(ref _place, new KnownPlace(incarnation, place));

    private sealed record KnownPlace(ulong Incarnation, Place Place);
}
