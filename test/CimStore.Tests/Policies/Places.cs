using System.Globalization;
using CimStore.Locations;

namespace CimStore.Tests.Policies;

/// <summary>Locations of all kinds.</summary>
internal static class Places
{
    public static LocationTraits Traits(StorageTier tier, string labels, string medium = "hdd") => new()
    {
        Tier = tier,
        Medium = medium,
        Labels = Labels(labels),
    };

    /// <param name="tier">Its tier.</param>
    /// <param name="needed">How many of its parts suffice.</param>
    /// <param name="parts">The labels of each part.</param>
    public static LocationTraits Pool(StorageTier tier, int needed, params IEnumerable<string> parts) =>
        Traits(tier, "") with { Parts = [.. parts.Select(Labels)], PartsNeeded = needed };

    /// <summary>Reads <c>node=n1 rack=r1</c>.</summary>
    public static IReadOnlyDictionary<string, string> Labels(string text) => text
        .Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(label => label.Split('='))
        .ToDictionary(label => label[0], label => label[1]);

    /// <summary>Labels of a device that stands, two by two, in nodes, racks, zones and regions.</summary>
    public static string Standing(int device) => string.Create(
        CultureInfo.InvariantCulture,
        $"device=d{device} node=n{device / 2} rack=r{device / 4} zone=z{device / 8} region=g{device / 16}");
}
