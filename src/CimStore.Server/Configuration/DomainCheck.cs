using CimStore.Policies;

namespace CimStore.Server.Configuration;

/// <summary>
/// Whether failure domains are what the labels promise. Only warnings: a machine for trying things out has one disk,
/// and a kernel cannot tell every device from another.
/// </summary>
internal sealed class DomainCheck(
    TiersConfiguration tiers, IReadOnlyList<ConfiguredDirectory> directories, Func<string, ulong?> deviceOf,
    ConfigurationFindings findings)
{
    private readonly FailureDomainLevel _level = tiers.Placement.FailureDomain;

    private string Level => ConfigurationWords.Of(_level);

    public void Check(JsonNodeAt root)
    {
        CheckLevel(root);
        CheckTiers(root);
        CheckPools(root);
        CheckDevices();
    }

    private void CheckLevel(JsonNodeAt root)
    {
        var isCarried = tiers.Locations.Any(location => location.Labels.ContainsKey(Level))
            || directories.Any(directory => directory.Labels.ContainsKey(Level));
        if (root.Find("placement")?.Value.Find("failureDomain")?.Value is { } node && !isCarried)
        {
            findings.Warn(
                node, $"No location carries the label {Level}: copies are told apart by narrower labels, or as if each "
                    + $"location were a {Level} of its own.");
        }
    }

    private void CheckTiers(JsonNodeAt root)
    {
        foreach (var tier in tiers.Locations.Select(location => location.Tier).Distinct().Except(tiers.BoundTiers))
        {
            findings.Warn(
                root.Find("locations")!.Value,
                $"No location of the tier {ConfigurationWords.Of(tier)} is active: nothing new is placed there.");
        }
    }

    /// <summary>Fewer domains than shards: the code's strength is not that of the pool.</summary>
    private void CheckPools(JsonNodeAt root)
    {
        foreach (var (index, location) in tiers.Locations.Index())
        {
            if (location is not LocationConfiguration.Pool pool)
            {
                continue;
            }

            var sets = root.Find("locations")!.Value.Items[index].Find("sets")!.Value.Items;
            foreach (var (number, set) in pool.Sets.Index())
            {
                var survived = FailureDomains.Survived(set, pool.DataShards, _level);
                if (survived < pool.ParityShards)
                {
                    findings.Warn(
                        sets[number],
                        $"By its labels this set survives the loss of {survived} {Level}(s), where {pool.DataShards}+"
                            + $"{pool.ParityShards} shards in as many {Level}s survive {pool.ParityShards}; a copy in "
                            + $"it counts as {survived + 1} at the level {Level}.");
                }
            }
        }
    }

    private void CheckDevices()
    {
        var found = new Dictionary<ulong, List<ConfiguredDirectory>>();
        foreach (var directory in directories)
        {
            if (deviceOf(directory.Path) is { } device)
            {
                found.TryAdd(device, []);
                found[device].Add(directory);
            }
            else if (directory.Location != tiers.Home.Id.Name)
            {
                // The data directory is made by who starts the node; all others are there before.
                findings.Warn(
                    directory.Node,
                    $"The device of {directory.Path} is not known: it is not compared with the others.");
            }
        }

        foreach (var together in found.Values)
        {
            WarnOfSets(together);
            WarnOfLocations(together);
        }
    }

    /// <summary>Directories of several sets may share a device: a copy lies in one of the sets.</summary>
    private void WarnOfSets(List<ConfiguredDirectory> together)
    {
        foreach (var set in together.Where(one => one.Set is not null).GroupBy(one => (one.Location, one.Set)))
        {
            var members = set.ToList();
            if (members.Count < 2)
            {
                continue;
            }

            var pool = tiers.Locations.OfType<LocationConfiguration.Pool>().First(p => p.Id.Name == set.Key.Location);
            findings.Warn(
                members[1].Node,
                $"{members.Count} directories of this set lie on one device: {Names(members)}. Its loss takes "
                    + $"{members.Count} shards, of which the pool can lose {pool.ParityShards}.{Promise(members)}");
        }
    }

    private void WarnOfLocations(List<ConfiguredDirectory> together)
    {
        var first = together[0];
        foreach (var other in together.DistinctBy(one => one.Location).Skip(1))
        {
            if (KeyOf(first) != KeyOf(other))
            {
                findings.Warn(
                    other.Node,
                    $"{other.Path} lies on the same device as {first.Path} ({first.Where}), yet their copies count as "
                        + $"if in two {Level}s ({KeyOf(first)}, {KeyOf(other)}).");
            }
        }
    }

    private static string Promise(List<ConfiguredDirectory> members)
    {
        var labels = members.Select(member => member.Labels.GetValueOrDefault("device"))
            .OfType<string>().Distinct().ToList();
        return labels.Count < 2 ? "" : $" Their labels promise distinct devices: {string.Join(", ", labels)}.";
    }

    private static string Names(List<ConfiguredDirectory> members) =>
        string.Join(", ", members.Select(member => member.Path));

    private string KeyOf(ConfiguredDirectory directory) =>
        FailureDomains.KeyOf(directory.Labels, _level, directory.Location);
}
