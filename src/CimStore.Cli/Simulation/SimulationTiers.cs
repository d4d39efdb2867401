using System.Globalization;
using CimStore.Cli.Terminal;
using CimStore.Locations;
using CimStore.Policies;
using CimStore.Server.Configuration;

namespace CimStore.Cli.Simulation;

/// <summary>The tiers that a simulation plays with, from a configuration and from <c>tier=value,...</c> options.
/// </summary>
internal static class SimulationTiers
{
    /// <param name="tiers">Null for all four tiers, free of charge.</param>
    /// <param name="capacities">As <c>hot=100GiB,warm=1TiB</c>; others are without end.</param>
    /// <param name="costs">As <c>warm=0.02,cold=0.004</c>, US dollars for a GB and month.</param>
    /// <exception cref="CliException">A value is wrong, or of a tier that has no location.</exception>
    public static MigrationEnvironment Of(TiersConfiguration? tiers, string? capacities, string? costs)
    {
        var states = tiers is null
            ? Enum.GetValues<StorageTier>().Select(tier => new TierState(tier, LocationCost.Free))
            : tiers.Environment?.Tiers ?? throw CliException.Usage("No location of the configuration is active.");
        var byTier = states.ToDictionary(state => state.Tier);
        foreach (var (tier, text) in Pairs("--capacity", capacities, byTier))
        {
            byTier[tier] = byTier[tier] with
            {
                CapacityBytes = PolicyUnits.Size(text) is > 0 and var bytes
                    ? bytes
                    : throw CliException.Usage($"--capacity: '{text}' is no size such as 100GiB or 1TB."),
            };
        }

        foreach (var (tier, text) in Pairs("--cost", costs, byTier))
        {
            byTier[tier] = byTier[tier] with { Cost = byTier[tier].Cost with { DollarsPerGbMonth = Dollars(text) } };
        }

        return new MigrationEnvironment(byTier.Values);
    }

    private static IEnumerable<(StorageTier Tier, string Text)> Pairs(
        string option, string? list, Dictionary<StorageTier, TierState> bound)
    {
        foreach (var pair in list?.Split(',', StringSplitOptions.TrimEntries) ?? [])
        {
            if (pair.Split('=', 2) is not [var name, var text] || PolicyNames<StorageTier>.Find(name) is not { } tier)
            {
                throw CliException.Usage(
                    $"{option}: '{pair}' is not TIER=VALUE with {PolicyNames<StorageTier>.Allowed}.");
            }

            yield return bound.ContainsKey(tier)
                ? (tier, text)
                : throw CliException.Usage($"{option}: no active location is bound to {name}.");
        }
    }

    private static double Dollars(string text) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var dollars)
            && double.IsFinite(dollars)
            ? dollars
            : throw CliException.Usage($"--cost: '{text}' is no number of US dollars for a GB and month.");
}
