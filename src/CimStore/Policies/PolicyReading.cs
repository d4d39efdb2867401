using System.Collections.Immutable;

namespace CimStore.Policies;

/// <summary>What a text gave.</summary>
/// <param name="Policies">Those that could be read without an error, in their order.</param>
/// <param name="Errors">All that is wrong, in the order of their lines; empty when every policy could be read.</param>
public sealed record PolicyReading(ImmutableArray<MigrationPolicy> Policies, ImmutableArray<PolicyFinding> Errors);
