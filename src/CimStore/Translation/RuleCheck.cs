using System.Collections.Immutable;

namespace CimStore.Translation;

/// <summary>
/// Whether rules make sense together: those that can never match, because an earlier one takes everything that they
/// would, and those whose events are not told apart when they come twice.
/// </summary>
public static class RuleCheck
{
    /// <returns>Warnings, in the order of the file; the rules can be used all the same.</returns>
    public static ImmutableArray<RuleFinding> Check(TranslationRules rules)
    {
        ArgumentNullException.ThrowIfNull(rules);
        var findings = new RuleFindings();
        Check(rules, findings);
        return findings.ToArray();
    }

    internal static void Check(TranslationRules rules, RuleFindings findings)
    {
        for (var index = 0; index < rules.Rules.Length; index++)
        {
            var rule = rules.Rules[index];
            if (rules.Rules.Take(index).FirstOrDefault(earlier => Covers(earlier, rule)) is { } shadow)
            {
                findings.Warn(rule.Line, rule.Column,
                    $"Rule {rule.Name} never matches: rule {shadow.Name} (line {shadow.Line}) before it takes all that "
                    + "it would.");
            }

            if (rule.Identity.Message is null)
            {
                findings.Warn(rule.Line, rule.Column,
                    $"Rule {rule.Name} has no \"identity\" with \"message\": an event that is delivered twice takes "
                    + "effect twice.");
            }
        }

        var templates = rules.Templates.All;
        for (var index = 0; index < templates.Length; index++)
        {
            var template = templates[index];
            if (templates.Take(index).FirstOrDefault(earlier => earlier.EventType == template.EventType
                && (earlier.Tier is null || earlier.Tier == template.Tier)) is { } shadow)
            {
                findings.Warn(template.Line, template.Column,
                    $"This template of {template.EventType} is never used: the one in line {shadow.Line} takes all "
                    + "that it would.");
            }
        }
    }

    /// <summary>Exact: a rule is a pattern and a set of equalities; one holds all of another or it does not.</summary>
    private static bool Covers(TranslationRule earlier, TranslationRule later) =>
        earlier.Subject.Covers(later.Subject)
        && earlier.Conditions.All(condition => later.Conditions.Any(
            other => other.At.Text == condition.At.Text && other.Value == condition.Value));
}
