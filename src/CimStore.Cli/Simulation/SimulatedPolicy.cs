using System.Collections.Immutable;
using CimStore.Policies;

namespace CimStore.Cli.Simulation;

/// <summary>One policy as it is simulated: the last period, and all moves so far.</summary>
internal sealed class SimulatedPolicy(MigrationPolicy policy)
{
    public MigrationPolicy Policy => policy;

    /// <summary>Null before the first period ends, and for ever where the trace is empty.</summary>
    public SimulationPeriod? Last { get; private set; }

    public ImmutableArray<SimulatedMoves> Moves { get; private set; } = [];

    /// <returns>The dollars of each tier in this period alone.</returns>
    public double[] Take(SimulationPeriod period)
    {
        double[] dollars =
        [
            .. period.Tiers.Select((tier, index) =>
                tier.DollarsSoFar - (Last is null ? 0 : Last.Tiers[index].DollarsSoFar)),
        ];
        (Last, Moves) = (period, ReportedPeriods.Together(Moves, period.Moves));
        return dollars;
    }
}
