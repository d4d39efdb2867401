namespace CimStore.Translation;

/// <summary>Whose reference it is; the local owner's in the default namespace when nothing is said.</summary>
public sealed record OwnerRule(RuleField<string>? Owner, RuleField<string>? Namespace);
