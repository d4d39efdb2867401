namespace CimStore.Policies;

/// <summary>
/// The failure domains of some places as numbers, made once, so that many choices among the places are counted
/// quickly. What is counted, and why it is a lower bound, is said at <see cref="CopyCount"/>.
/// </summary>
internal sealed class DomainTable
{
    /// <summary>
    /// So many spread copies of one object are weighed against each other; of more the neediest count. The weighing
    /// is exact and doubles, at the worst, with each copy.
    /// </summary>
    private const int SpreadCopiesMax = 16;

    private readonly Entry[] _entries;
    private readonly int _domains;

    public DomainTable(IReadOnlyList<CopyPlace> places, FailureDomainLevel level)
    {
        var domains = FailureDomains.Of(places, level);
        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        _entries = new Entry[places.Count];
        for (var index = 0; index < _entries.Length; index++)
        {
            var (location, traits) = places[index];
            var parts = new Dictionary<int, int>(domains[index].Length);
            foreach (var domain in domains[index])
            {
                numbers.TryAdd(domain, numbers.Count);
                var number = numbers[domain];
                parts[number] = parts.GetValueOrDefault(number) + 1;
            }

            _entries[index] = new Entry(
                location.Name, !traits.Parts.IsEmpty, traits.PartsNeeded,
                [.. parts.Select(part => (part.Key, part.Value)).OrderByDescending(part => part.Value)]);
        }

        _domains = numbers.Count;
    }

    public int CountAll() => Count(Enumerable.Range(0, _entries.Length).ToArray());

    /// <summary>The effective copies of what is at these places, given by their positions.</summary>
    public int Count(ReadOnlySpan<int> places)
    {
        var forced = new bool[_domains];
        var copies = 0;
        var spread = 0;
        foreach (var place in places)
        {
            if (_entries[place].IsSpread)
            {
                spread++;
            }
            else if (!forced[_entries[place].Parts[0].Domain])
            {
                forced[_entries[place].Parts[0].Domain] = true;
                copies++;
            }
        }

        return spread == 0 ? copies : copies + CountSpread(places, forced);
    }

    private int CountSpread(ReadOnlySpan<int> places, bool[] forced)
    {
        var needs = new List<(int Need, Entry Entry)>();
        foreach (var place in places)
        {
            if (_entries[place].IsSpread)
            {
                needs.Add((_entries[place].Need(forced), _entries[place]));
            }
        }

        needs.Sort((left, right) => left.Need != right.Need
            ? right.Need.CompareTo(left.Need)
            : string.CompareOrdinal(left.Entry.Name, right.Entry.Name));
        return Heaviest(needs.ToArray().AsSpan(0, Math.Min(needs.Count, SpreadCopiesMax)), forced);
    }

    /// <summary>The largest sum of needs of spread copies, no two of which share a domain still to lose.</summary>
    private static int Heaviest(ReadOnlySpan<(int Need, Entry Entry)> needs, bool[] forced)
    {
        if (needs.Length <= 1)
        {
            return needs.IsEmpty ? 0 : needs[0].Need;
        }

        var rest = needs[1..];
        var apart = new List<(int Need, Entry Entry)>(rest.Length);
        foreach (var other in rest)
        {
            if (!needs[0].Entry.Shares(other.Entry, forced))
            {
                apart.Add(other);
            }
        }

        var with = needs[0].Need + Heaviest(apart.ToArray(), forced);

        // The first excludes nobody: there is nothing to be had by leaving it out.
        return apart.Count == rest.Length ? with : Math.Max(with, Heaviest(rest, forced));
    }

    /// <param name="Name">Its location, for the order.</param>
    /// <param name="IsSpread">Whether its parts are at several places.</param>
    /// <param name="PartsNeeded">How many parts suffice to read it.</param>
    /// <param name="Parts">How many parts each domain has, most first.</param>
    private sealed record Entry(string Name, bool IsSpread, int PartsNeeded, (int Domain, int Count)[] Parts)
    {
        /// <summary>Further domains to lose, beside the forced ones, before it cannot be read.</summary>
        public int Need(bool[] forced)
        {
            var left = 0;
            foreach (var (domain, count) in Parts)
            {
                left += forced[domain] ? 0 : count;
            }

            var need = 0;
            foreach (var (domain, count) in Parts)
            {
                if (left >= PartsNeeded && !forced[domain])
                {
                    left -= count;
                    need++;
                }
            }

            return need;
        }

        public bool Shares(Entry other, bool[] forced)
        {
            foreach (var (domain, _) in Parts)
            {
                if (!forced[domain] && Array.Exists(other.Parts, part => part.Domain == domain))
                {
                    return true;
                }
            }

            return false;
        }
    }
}
