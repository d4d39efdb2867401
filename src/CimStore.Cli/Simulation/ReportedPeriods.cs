using System.Collections.Immutable;
using CimStore.Policies;

namespace CimStore.Cli.Simulation;

/// <summary>Cycles put together to the periods of a report: nobody reads the 8,760 hours of a year.</summary>
internal static class ReportedPeriods
{
    /// <param name="cycles">One after the other.</param>
    /// <param name="cycle">How long each is.</param>
    /// <param name="length">How long a period is, at least; the last may be shorter.</param>
    public static IEnumerable<SimulationPeriod> Of(
        IEnumerable<SimulationPeriod> cycles, TimeSpan cycle, TimeSpan length)
    {
        SimulationPeriod? period = null;
        DateTimeOffset begin = default;
        foreach (var next in cycles)
        {
            begin = period is null ? next.End - cycle : begin;
            period = period is null ? next : Together(period, next);
            if (period.End - begin >= length)
            {
                yield return period;
                period = null;
            }
        }

        if (period is not null)
        {
            yield return period;
        }
    }

    public static ImmutableArray<SimulatedMoves> Together(
        ImmutableArray<SimulatedMoves> one, ImmutableArray<SimulatedMoves> other) =>
    [
        .. one.Concat(other).GroupBy(moves => (moves.From, moves.To)).OrderBy(group => group.Key)
            .Select(group => new SimulatedMoves(
                group.Key.From, group.Key.To, group.Sum(moves => moves.Count), group.Sum(moves => moves.Bytes))),
    ];

    private static SimulationPeriod Together(SimulationPeriod one, SimulationPeriod other) => new(
        other.End,
        [.. other.Tiers.Zip(one.Tiers, (later, earlier) => later with { Gets = later.Gets + earlier.Gets })],
        Together(one.Moves, other.Moves), one.Puts + other.Puts, one.RepeatedPuts + other.RepeatedPuts,
        one.Gets + other.Gets, one.UnknownGets + other.UnknownGets, one.Deletes + other.Deletes);
}
