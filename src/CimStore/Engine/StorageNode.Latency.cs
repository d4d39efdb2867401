using System.Collections.Immutable;
using CimStore.Locations;
using CimStore.Policies;

namespace CimStore.Engine;

// How long locations take to answer readers, beside what the class of their tier says (D1).
public sealed partial class StorageNode
{
    private readonly ImmutableArray<ReadLatency> _latencies;

    /// <summary>
    /// Of each tier that has a location, the warmest first: what reads took since the node was opened. It costs some
    /// microseconds, asks nobody and may be called at any time.
    /// </summary>
    public ImmutableArray<TierLatency> TierLatencies() =>
    [
        .. _ports.Locations.Zip(_latencies)
            .GroupBy(static pair => pair.First.Traits.Tier)
            .OrderBy(static tier => tier.Key)
            .Select(static tier => LatencyOf(
                tier.Key, [.. tier.Select(static pair => (pair.First.Id, pair.Second.FirstByte.Take(),
                    pair.Second.WholeSmall.Take()))])),
    ];

    private static TierLatency LatencyOf(
        StorageTier tier, ImmutableArray<(LocationId Id, LatencyCounts FirstByte, LatencyCounts WholeSmall)> measured)
    {
        var first = measured.Aggregate(LatencyCounts.None, static (sum, one) => sum.Plus(one.FirstByte));
        var whole = measured.Aggregate(LatencyCounts.None, static (sum, one) => sum.Plus(one.WholeSmall));
        return new TierLatency(
            tier, LatencyClass.BoundOf(tier), first.Figures(), whole.Figures(),
            [
                .. measured.Select(one => new LocationLatency(
                    one.Id, tier, one.FirstByte.Figures(), one.WholeSmall.Figures())),
            ]);
    }

    private void Measured(LocationId from, TimeSpan took, bool isWhole)
    {
        for (var index = 0; index < _latencies.Length; index++)
        {
            if (_ports.Locations[index].Id == from)
            {
                _latencies[index].FirstByte.Add(took);
                if (isWhole)
                {
                    _latencies[index].WholeSmall.Add(took);
                }

                _metrics.Answered(_ports.Locations[index].Traits.Tier, took);
                return;
            }
        }
    }

    private sealed record ReadLatency(LatencyHistogram FirstByte, LatencyHistogram WholeSmall)
    {
        public static ReadLatency Empty() => new(new LatencyHistogram(), new LatencyHistogram());
    }
}
