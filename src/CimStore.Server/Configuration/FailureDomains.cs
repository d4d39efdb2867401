using CimStore.Policies;

namespace CimStore.Server.Configuration;

/// <summary>What labels promise of a configuration, before anything is stored.</summary>
internal static class FailureDomains
{
    /// <summary>
    /// The label of the level, else of the next narrower one, else the location: as copies are counted, by which the
    /// directories of a pool without labels are one domain.
    /// </summary>
    public static string KeyOf(IReadOnlyDictionary<string, string> labels, FailureDomainLevel level, string location)
    {
        for (var at = (int)level; at >= 0; at--)
        {
            var name = ConfigurationWords.Of((FailureDomainLevel)at);
            if (labels.TryGetValue(name, out var value))
            {
                return $"{name}:{value}";
            }
        }

        return $"location:{location}";
    }

    /// <returns>How many domains the set may lose, the largest first, and still be read.</returns>
    public static int Survived(
        IEnumerable<PoolDirectoryConfiguration> set, int shardsNeeded, FailureDomainLevel level)
    {
        // All are of one location, so its name need not be known.
        var sizes = set.CountBy(directory => KeyOf(directory.Labels, level, ""))
            .Select(pair => pair.Value)
            .OrderDescending()
            .ToList();
        var left = sizes.Sum();
        return sizes.TakeWhile(size => (left -= size) >= shardsNeeded).Count();
    }
}
