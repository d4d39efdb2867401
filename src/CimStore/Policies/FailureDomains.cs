using CimStore.Locations;

namespace CimStore.Policies;

/// <summary>
/// Which places fail as one. A label names one thing of the installation: two places with the same rack label stand in
/// one rack, whatever else their labels say.
/// </summary>
internal static class FailureDomains
{
    private static readonly string[] Labels = ["device", "node", "rack", "zone", "region"];

    /// <summary>The label at the level, else the next narrower one, else the location's name.</summary>
    public static string KeyOf(LocationId location, LocationTraits traits, FailureDomainLevel level) =>
        new Place(location, traits.Labels, traits.Labels).Key(level, out _);

    /// <summary>The domains of each copy's parts, one entry for each part; of a copy in one place, one entry.</summary>
    /// <remarks>
    /// A place without the level's label falls back to a narrower one. When that label is also borne by a place whose
    /// rack, say, is known, the two share the node and so the rack: the fallback counts in the wider place's domain.
    /// Wider places are settled first, in the order of their keys, so that the answer depends on the set alone.
    /// </remarks>
    public static string[][] Of(IReadOnlyList<CopyPlace> copies, FailureDomainLevel level)
    {
        var domains = new string[copies.Count][];
        var pending = new List<(Place Place, string Key, int Width, int Copy, int Part)>(copies.Count);
        for (var copy = 0; copy < copies.Count; copy++)
        {
            var (location, traits) = copies[copy];
            domains[copy] = new string[Math.Max(1, traits.Parts.Length)];
            for (var part = 0; part < domains[copy].Length; part++)
            {
                var place = new Place(
                    location, traits.Parts.IsEmpty ? traits.Labels : traits.Parts[part], traits.Labels);
                pending.Add((place, place.Key(level, out var width), width, copy, part));
            }
        }

        pending.Sort((left, right) => left.Width != right.Width
            ? right.Width.CompareTo(left.Width)
            : string.CompareOrdinal(left.Key, right.Key));
        Dictionary<string, string>? narrower = null;
        foreach (var (place, key, width, copy, part) in pending)
        {
            var domain = narrower?.GetValueOrDefault(key, key) ?? key;
            domains[copy][part] = domain;
            if (pending[^1].Width < (int)level)
            {
                // Somebody falls back, so it matters who bears which narrower label.
                narrower ??= new Dictionary<string, string>(StringComparer.Ordinal);
                place.Remember(level, domain, narrower);
            }
        }

        return domains;
    }

    /// <summary>A part has what its location says of the whole, unless its own labels say otherwise.</summary>
    private readonly record struct Place(
        LocationId Location, IReadOnlyDictionary<string, string> Own, IReadOnlyDictionary<string, string> Common)
    {
        /// <param name="level">The widest label to look at.</param>
        /// <param name="width">The level of the label it took; -1 for the location's name.</param>
        public string Key(FailureDomainLevel level, out int width)
        {
            for (width = (int)level; width >= 0; width--)
            {
                if (Label(width) is { } value)
                {
                    return $"{Labels[width]}:{value}";
                }
            }

            return $"location:{Location.Name}";
        }

        public void Remember(FailureDomainLevel level, string domain, Dictionary<string, string> narrower)
        {
            for (var width = (int)level - 1; width >= 0; width--)
            {
                if (Label(width) is { } value)
                {
                    narrower.TryAdd($"{Labels[width]}:{value}", domain);
                }
            }
        }

        private string? Label(int width) =>
            Own.TryGetValue(Labels[width], out var own) && own.Length > 0 ? own
            : Common.TryGetValue(Labels[width], out var common) && common.Length > 0 ? common
            : null;
    }
}
