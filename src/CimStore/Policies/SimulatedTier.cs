using CimStore.Locations;

namespace CimStore.Policies;

/// <summary>A tier at the end of a cycle. Dollars are counted since the simulation began.</summary>
/// <param name="Gets">Reads that it served in the cycle.</param>
/// <param name="GetsSoFar">Reads that it served since the simulation began.</param>
/// <param name="KeepDollars">Of keeping, by the bytes that are billed.</param>
/// <param name="RequestDollars">Of writes and reads, those of moves included.</param>
/// <param name="EgressDollars">Of reading out, also when content moves away.</param>
/// <param name="EarlyDollars">Of what was moved or deleted before its minimum days.</param>
public sealed record SimulatedTier(
    StorageTier Tier, long Objects, long Bytes, long Gets, long GetsSoFar, double KeepDollars, double RequestDollars,
    double EgressDollars, double EarlyDollars)
{
    public double DollarsSoFar => KeepDollars + RequestDollars + EgressDollars + EarlyDollars;
}
