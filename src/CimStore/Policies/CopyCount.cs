using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Policies;

/// <summary>
/// How many copies an object effectively has (D3): the smallest number of failure domains whose loss destroys it. A
/// copy in one place counts 1; a copy spread over places counts the domains it survives losing, the worst ones first,
/// plus one. A domain counts once, however many copies lie in it.
/// </summary>
/// <remarks>
/// Exact for copies in one place and for one spread copy beside them; a lower bound where several spread copies share
/// domains. Whoever destroys the object has to take every domain with a whole copy (the forced ones), and then
/// enough parts of each spread copy. Spread copies with no domain in common need losses of their own, so their needs
/// add up; of those that share a domain the choice that adds up to most counts.
/// </remarks>
public static class CopyCount
{
    /// <summary>The effective copies of what has verified copies at these places, in any order.</summary>
    public static int Of(IEnumerable<CopyPlace> copies, FailureDomainLevel level) =>
        new DomainTable(copies as IReadOnlyList<CopyPlace> ?? [.. copies], level).CountAll();

    /// <summary>The effective copies of an object, by its verified copies at locations that are given.</summary>
    public static int Of(
        ObjectRecord record, IReadOnlyDictionary<LocationId, LocationTraits> locations, FailureDomainLevel level) =>
        Of(Verified(record, locations), level);

    internal static List<CopyPlace> Verified(
        ObjectRecord record, IReadOnlyDictionary<LocationId, LocationTraits> locations)
    {
        var places = new List<CopyPlace>(record.Copies.Length);
        foreach (var copy in record.Copies)
        {
            if (copy.State == CopyState.Verified && locations.TryGetValue(copy.Location, out var traits))
            {
                places.Add(new CopyPlace(copy.Location, traits));
            }
        }

        return places;
    }
}
