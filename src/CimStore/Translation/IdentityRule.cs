using CimStore.Objects;

namespace CimStore.Translation;

/// <summary>Where the ids of D31 are in the event.</summary>
/// <param name="Message">Makes the event idempotent; without it each delivery is a command of its own.</param>
public sealed record IdentityRule(
    RuleField<MessageId>? Message, RuleField<MessageId>? Correlation, RuleField<MessageId>? Causation,
    RuleField<string>? Actor)
{
    public static readonly IdentityRule None = new(null, null, null, null);
}
