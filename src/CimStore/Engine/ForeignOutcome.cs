using System.Collections.Immutable;
using CimStore.Objects;

namespace CimStore.Engine;

/// <summary>What became of the commands of one event.</summary>
/// <param name="Done">Those that took effect, in order; they stand, also before a refusal.</param>
/// <param name="Refusal">Why the next one did not; null when all did.</param>
public sealed record ForeignOutcome(
    MessageId CommandId, MessageId CorrelationId, ImmutableArray<ForeignCommandResult> Done, Refusal? Refusal);
