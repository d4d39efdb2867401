using System.Collections.Immutable;

namespace CimStore.Server.Configuration;

/// <summary>Everything that one configuration file says.</summary>
/// <param name="Warnings">What is allowed and likely not meant; the node shows it in its health.</param>
public sealed record NodeConfiguration(
    ServerOptions Server, TiersConfiguration Tiers, ImmutableArray<ConfigurationFinding> Warnings);
