using CimStore.Objects;
using CimStore.Policies;

namespace CimStore.Server.Configuration;

/// <summary>How copies are spread.</summary>
public sealed record PlacementConfiguration
{
    /// <summary>Copies that count lie in distinct ones. The device: what one machine has several of.</summary>
    public FailureDomainLevel FailureDomain { get; init; } = FailureDomainLevel.Device;

    public PlacementStrategy Strategy { get; init; } = PlacementStrategy.Rendezvous;

    /// <summary>Of content stored without a class; null takes the strongest that the locations satisfy (D3).</summary>
    public DurabilityClass? DefaultClass { get; init; }
}
