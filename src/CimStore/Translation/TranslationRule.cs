using System.Collections.Immutable;

namespace CimStore.Translation;

/// <summary>Which events it takes, and what they become.</summary>
/// <param name="Conditions">All of them must hold, beside the subject.</param>
/// <param name="Commands">In the order in which they are done.</param>
public sealed record TranslationRule(
    string Name, SubjectPattern Subject, ImmutableArray<RuleCondition> Conditions, IdentityRule Identity,
    ImmutableArray<CommandRule> Commands, int Line, int Column)
{
    public const int CommandsMax = 8;
    public const int ConditionsMax = 16;
    public const int NameLengthMax = 63;
}
