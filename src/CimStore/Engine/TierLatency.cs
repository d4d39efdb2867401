using System.Collections.Immutable;
using CimStore.Locations;

namespace CimStore.Engine;

/// <summary>The measured latency of a tier beside the bound of its class (D1).</summary>
/// <param name="Bound">What 99 of 100 first bytes are to be faster than.</param>
/// <param name="FirstByte">Over all locations of the tier.</param>
/// <param name="WholeSmall">Over all locations of the tier; small content alone.</param>
/// <param name="Locations">Each by itself, in the order they are bound.</param>
public sealed record TierLatency(
    StorageTier Tier, TimeSpan Bound, LatencyFigures FirstByte, LatencyFigures WholeSmall,
    ImmutableArray<LocationLatency> Locations)
{
    /// <summary>Whether the tier keeps its class; null when nothing was measured.</summary>
    public bool? IsMet => FirstByte.P99 < Bound ? true : FirstByte.P99 is null ? null : false;

    /// <summary>The same in words, for whoever shows it.</summary>
    public string Verdict => IsMet switch
    {
        true => "met",
        false => "missed",
        null => "not measured",
    };
}
