using System.Collections.Immutable;
using System.Globalization;
using CimStore.Content;
using CimStore.Locations;
using CimStore.Policies;

namespace CimStore.Tests.Policies;

/// <summary>Locations and contents to place.</summary>
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

    public static PlacementCandidate At(string name, StorageTier tier, string labels = "") =>
        new(new LocationId(name), Traits(tier, labels));

    public static PlacementCandidate Home(string labels = "") =>
        At("hot", StorageTier.Hot, labels) with { IsHome = true };

    /// <summary>The content of a number: its digest is what a hash would give.</summary>
    public static ContentKey Content(int number)
    {
        Span<byte> digest = stackalloc byte[Blake3.HashSizeBytes];
        Blake3.Hash(BitConverter.GetBytes(number), digest);
        return ContentKey.Shared(Cid.ForRaw(digest));
    }

    public static string Names(ImmutableArray<LocationId> locations) =>
        string.Join(" ", locations.Select(location => location.Name));

    /// <summary>Reads <c>node=n1 rack=r1</c>.</summary>
    public static IReadOnlyDictionary<string, string> Labels(string text) => text
        .Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(label => label.Split('='))
        .ToDictionary(label => label[0], label => label[1]);

    /// <summary>Labels of a device that stands, two by two, in nodes, racks, zones and regions.</summary>
    public static string Standing(int device) => string.Create(
        CultureInfo.InvariantCulture,
        $"device=d{device} node=n{device / 2} rack=r{device / 4} zone=z{device / 8} region=g{device / 16}");
}
