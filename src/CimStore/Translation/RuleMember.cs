namespace CimStore.Translation;

/// <summary>A key of an object and its value; the place is the key's.</summary>
internal sealed record RuleMember(string Name, int Line, int Column, RuleNode Value);
