using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Policies;

/// <summary>What durability the locations can give (D3). Copies count once for each distinct failure domain.</summary>
public static class DurabilityPolicy
{
    /// <summary>The failure domain a location's copies count in: the widest label it has, up to its zone.</summary>
    public static string DomainOf(LocationId location, LocationTraits traits) =>
        DomainOf(location, traits, FailureDomainLevel.Zone);

    /// <summary>
    /// The failure domain at a level: the location's label there, else the next narrower one it has, else its name.
    /// What is spread over several places is told by <see cref="CopyCount"/>, not by this.
    /// </summary>
    public static string DomainOf(LocationId location, LocationTraits traits, FailureDomainLevel level) =>
        FailureDomains.KeyOf(location, traits, level);

    /// <summary>The strongest class that so many distinct failure domains satisfy; the default of a Store.</summary>
    public static DurabilityClass Strongest(int distinctDomains)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(distinctDomains, 1);
        return (DurabilityClass)Math.Min(distinctDomains, (int)DurabilityClass.Critical);
    }

    /// <returns>Null when the class can be had; else why not and what to do.</returns>
    public static string? WhyNot(DurabilityClass wanted, int distinctDomains) =>
        (int)wanted <= distinctDomains
            ? null
            : $"The class {wanted} needs {(int)wanted} copies in distinct failure domains and this node has "
                + $"{distinctDomains}. Ask for {Strongest(distinctDomains)}, or accept the debt explicitly.";
}
