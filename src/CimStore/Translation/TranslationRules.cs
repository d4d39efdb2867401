using System.Collections.Immutable;

namespace CimStore.Translation;

/// <summary>
/// What lies between another context and the storage: rules inwards, of which the first that takes an event decides,
/// and templates outwards. Data; <see cref="Translator"/> and <see cref="EventTemplates"/> apply it.
/// </summary>
public sealed record TranslationRules(
    string Source, ImmutableSortedDictionary<string, ConsistencyTerms> Consistency,
    ImmutableArray<TranslationRule> Rules, EventTemplates Templates)
{
    public const int RulesMax = 256;
    public const int ConsistencyWordsMax = 64;

    public static readonly TranslationRules None = new(
        "", ImmutableSortedDictionary.Create<string, ConsistencyTerms>(StringComparer.Ordinal), [],
        EventTemplates.None);
}
