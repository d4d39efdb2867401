using System.Collections.Immutable;

namespace CimStore.Server.Configuration;

/// <summary>Everything that one configuration file says.</summary>
/// <param name="Warnings">What is allowed and likely not meant; the node shows it in its health.</param>
public sealed record NodeConfiguration(
    ServerOptions Server, TiersConfiguration Tiers, ImmutableArray<ConfigurationFinding> Warnings)
{
    /// <summary>Null when the node is not to speak NATS.</summary>
    public NatsConfiguration? Nats { get; init; }
}
