using System.Collections.Immutable;
using CimStore.Locations;

namespace CimStore.Policies;

/// <summary>
/// Where bytes may lie (D20). Regions are compared whole and without regard to case: <c>eu</c> does not stand for
/// <c>eu-west</c>. A place whose region is not known is no place for content that may not lie everywhere.
/// </summary>
public sealed record RegionConstraint
{
    public static readonly RegionConstraint None = new();

    /// <summary>The only regions that may hold it; empty when any may.</summary>
    public ImmutableArray<string> Allowed { get; init; } = [];

    /// <summary>Regions that may not hold it; stronger than what is allowed.</summary>
    public ImmutableArray<string> Denied { get; init; } = [];

    public bool IsNone => Allowed.IsEmpty && Denied.IsEmpty;

    /// <returns>Null when content may lie there, with all its parts; else which region forbids it.</returns>
    public string? WhyNot(LocationTraits traits)
    {
        if (IsNone)
        {
            return null;
        }

        if (traits.Parts.IsEmpty)
        {
            return WhyNot(RegionOf(traits.Labels));
        }

        var common = RegionOf(traits.Labels);
        foreach (var part in traits.Parts)
        {
            if (WhyNot(RegionOf(part) ?? common) is { } reason)
            {
                return reason;
            }
        }

        return null;
    }

    internal static string? RegionOf(IReadOnlyDictionary<string, string> labels) =>
        labels.TryGetValue("region", out var region) && region.Length > 0 ? region : null;

    private string? WhyNot(string? region)
    {
        if (region is null)
        {
            return "its region is not known, label it";
        }

        if (Denied.Contains(region, StringComparer.OrdinalIgnoreCase))
        {
            return $"the region {region} is denied";
        }

        return Allowed.IsEmpty || Allowed.Contains(region, StringComparer.OrdinalIgnoreCase)
            ? null
            : $"the region {region} is not among those allowed";
    }
}
