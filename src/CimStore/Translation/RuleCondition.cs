namespace CimStore.Translation;

/// <summary>A place in the event must hold exactly this value.</summary>
public sealed record RuleCondition(JsonPointer At, Scalar Value);
