using System.Collections.Immutable;
using System.Text.Json;
using CimStore.Policies;
using CimStore.Translation;
using CsCheck;
using Xunit;

namespace CimStore.Tests.Translation;

public sealed class RuleCheckTests
{
    private static readonly Gen<string> Subjects = Gen.OneOf("a.b", "a.*", "a.>", ">", "*.b", "b.a");
    private static readonly Gen<string> Conditions = Gen.OneOf(
        "{}", """{ "/x": 1 }""", """{ "/y": 1 }""", """{ "/x": 1, "/y": 1 }""", """{ "/x": 2 }""");

    [Fact]
    public void A_rule_behind_one_that_takes_everything_is_told()
    {
        var findings = Findings(("a.>", "{}"), ("a.b", """{ "/x": 1 }"""));

        var finding = Assert.Single(findings);
        Assert.Equal(PolicySeverity.Warning, finding.Severity);
        Assert.Equal((3, 1), (finding.Line, finding.Column));
        Assert.Contains("rule r0 (line 2) before it takes all", finding.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a.b", "{}", "a.>", "{}")]
    [InlineData("a.*", """{ "/x": 1 }""", "a.b", "{}")]
    [InlineData("a.*", """{ "/x": 1 }""", "a.b", """{ "/x": 2 }""")]
    [InlineData("a.*", """{ "/x": 1 }""", "a.b", """{ "/x": "1" }""")]
    public void A_rule_that_can_match_is_not(string subject, string when, string later, string laterWhen) =>
        Assert.Empty(Findings((subject, when), (later, laterWhen)));

    [Fact]
    public void A_rule_that_is_told_of_never_matches() =>
        Gen.Select(
            Gen.Select(Subjects, Conditions).Array[2, 5],
            Gen.OneOf("a.b", "a.c", "b.a", "b.b", "a.b.c"), Gen.Int[0, 2], Gen.Int[0, 2])
        .Sample((rules, subject, x, y) =>
        {
            var told = Findings(rules).Select(finding => finding.Line - 2).ToHashSet();

            var outcome = Translator.Translate(
                subject, JsonElement.Parse($$"""{ "x": {{x}}, "y": {{y}}, "id": 1, "cid": 1 }"""), Read(rules).Rules!);

            return outcome is not TranslationOutcome.DeadLetter { Rule: { } rule }
                || !told.Contains(int.Parse(rule[1..], System.Globalization.CultureInfo.InvariantCulture));
        });

    [Fact]
    public void A_rule_without_a_message_id_is_told()
    {
        var reading = RuleTexts.Reading(
            $$"""{ "version": 1, "rules": [{ "name": "a", "subject": "a", "commands": {{RuleTexts.Retrieve}} }] }""");

        Assert.NotNull(reading.Rules);
        Assert.Contains(
            "takes effect twice", Assert.Single(reading.Findings).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_template_behind_one_that_takes_everything_is_told()
    {
        var reading = RuleTexts.Reading("""
            { "version": 1, "templates": [
            { "event": "storage.stored", "tier": "hot", "subject": "x", "body": 1 },
            { "event": "storage.stored", "subject": "x", "body": 1 },
            { "event": "storage.stored", "tier": "cold", "subject": "x", "body": 1 }] }
            """);

        var finding = Assert.Single(reading.Findings);
        Assert.Equal(4, finding.Line);
        Assert.Contains("line 3", finding.Text, StringComparison.Ordinal);
    }

    private static ImmutableArray<RuleFinding> Findings(params (string Subject, string When)[] rules) =>
        RuleCheck.Check(Read(rules).Rules!);

    private static RuleReading Read((string Subject, string When)[] rules) => RuleTexts.Reading(
        "{ \"version\": 1, \"rules\": [\n" + string.Join(",\n", rules.Select((rule, index) =>
            $$"""{ "name": "r{{index}}", "subject": "{{rule.Subject}}", "when": {{rule.When}},"""
            + $$""" "identity": { "message": { "at": "/id" } }, "commands": {{RuleTexts.Retrieve}} }""")) + "] }");
}
