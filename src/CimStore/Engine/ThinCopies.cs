using System.Collections.Concurrent;
using System.Collections.Immutable;
using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Engine;

/// <summary>
/// Copies that were made with fewer parts than they are to have, or lost some: until they are mended they survive less,
/// and count for less. Known in memory only: who must rely on a copy asks its location again.
/// </summary>
internal sealed class ThinCopies
{
    /// <summary>Some 10 MB. A location that has more of them is not one to give copies to.</summary>
    private const int CountMax = 100_000;

    private readonly ConcurrentDictionary<(ContentKey Key, LocationId Location, ulong Incarnation), int> _missing =
        new();

    private int _count;

    /// <param name="key">The object.</param>
    /// <param name="location">Where the copy is.</param>
    /// <param name="incarnation">Which copy.</param>
    /// <param name="missing">So many of its parts are missing; 0 when it is whole.</param>
    /// <returns>False when no more can be remembered: the copy must not be counted on.</returns>
    public bool TryNote(ContentKey key, LocationId location, ulong incarnation, int missing)
    {
        if (missing <= 0)
        {
            Forget(key, location, incarnation);
            return true;
        }

        if (Volatile.Read(ref _count) >= CountMax && !_missing.ContainsKey((key, location, incarnation)))
        {
            return false;
        }

        _missing[(key, location, incarnation)] = missing;
        Volatile.Write(ref _count, _missing.Count);
        return true;
    }

    public void Forget(ContentKey key, LocationId location, ulong incarnation)
    {
        if (Volatile.Read(ref _count) > 0 && _missing.TryRemove((key, location, incarnation), out _))
        {
            Volatile.Write(ref _count, _missing.Count);
        }
    }

    public int MissingOf(ContentKey key, Copy copy) => Volatile.Read(ref _count) > 0
        ? _missing.GetValueOrDefault((key, copy.Location, copy.Incarnation))
        : 0;

    /// <summary>
    /// The locations as this object's copies make use of them. A missing part may be in any domain, so the copy is
    /// taken to need that many more of all its parts: never less than it does.
    /// </summary>
    public ImmutableDictionary<LocationId, LocationTraits> SeenBy(
        ObjectRecord record, ImmutableDictionary<LocationId, LocationTraits> locations)
    {
        if (Volatile.Read(ref _count) == 0)
        {
            return locations;
        }

        foreach (var copy in record.Copies)
        {
            if (MissingOf(record.Key, copy) is > 0 and var missing
                && locations.TryGetValue(copy.Location, out var traits))
            {
                locations = locations.SetItem(
                    copy.Location, traits with { PartsNeeded = traits.PartsNeeded + missing });
            }
        }

        return locations;
    }
}
