namespace CimStore.Server.Configuration;

/// <summary>No two places are one directory, or one inside the other: they would count, fill and delete each other.
/// </summary>
internal static class DirectoryCheck
{
    public static void Check(IReadOnlyList<ConfiguredDirectory> directories, ConfigurationFindings findings)
    {
        var byReal = new Dictionary<string, ConfiguredDirectory>(StringComparer.Ordinal);
        foreach (var directory in directories)
        {
            if (!byReal.TryAdd(directory.Real, directory))
            {
                var other = byReal[directory.Real];
                findings.Error(
                    directory.Node, $"{directory.Path} is the same directory as {other.Path} ({other.Where}).");
            }
        }

        foreach (var directory in byReal.Values)
        {
            if (Around(directory.Real, byReal) is { } outer)
            {
                findings.Error(
                    directory.Node,
                    $"{directory.Path} lies inside {outer.Path} ({outer.Where}); each has its own tree.");
            }
        }
    }

    private static ConfiguredDirectory? Around(string path, Dictionary<string, ConfiguredDirectory> byReal)
    {
        for (var above = Path.GetDirectoryName(path); above is not null; above = Path.GetDirectoryName(above))
        {
            if (byReal.TryGetValue(above, out var outer))
            {
                return outer;
            }
        }

        return null;
    }
}
