using CimStore.Objects;

namespace CimStore.Engine;

/// <summary>
/// Ids that the caller gives (D31); what is null is made here. A message id given makes the command idempotent.
/// </summary>
public sealed record CommandIdentity(MessageId? MessageId, MessageId? CorrelationId, MessageId? CausationId,
    string? Actor)
{
    public static readonly CommandIdentity None = new(null, null, null, null);
}
