using System.Collections.Immutable;

namespace CimStore.Translation;

/// <summary>What a rule file gave.</summary>
/// <param name="Rules">Null when there is an error: half of the rules are other rules.</param>
/// <param name="Findings">All that is wrong, in the order of the file; without an error these are warnings.</param>
public sealed record RuleReading(TranslationRules? Rules, ImmutableArray<RuleFinding> Findings);
