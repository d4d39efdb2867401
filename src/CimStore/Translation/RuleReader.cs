using System.Collections.Immutable;
using System.Text.Json;
using CimStore.Objects;
using CimStore.Policies;

namespace CimStore.Translation;

/// <summary>
/// Translation rules out of JSON (UTF-8; comments and trailing commas allowed); docs/translation.md has the form. What
/// is not allowed is refused with line, column and what is; <see cref="RuleCheck"/> then says whether the rules make
/// sense together.
/// </summary>
public static class RuleReader
{
    public const int SizeMaxBytes = RuleText.SizeMaxBytes;

    internal static readonly string[] FileKeys = ["$schema", "version", "source", "consistency", "rules", "templates"];
    internal static readonly string[] TermsKeys = ["class", "dataClass", "level", "factor", "acceptDebt"];
    internal static readonly string[] RuleKeys = ["name", "subject", "when", "identity", "commands"];
    internal static readonly string[] IdentityKeys = ["message", "correlation", "causation", "actor"];
    internal static readonly string[] IdKeys = ["at", "source", "optional"];

    private const int Version = 1;
    private const int SourceLengthMax = 255;

    public static RuleReading Read(ReadOnlySpan<byte> utf8)
    {
        var findings = new RuleFindings();
        var rules = RuleText.Parse(utf8, findings) is { } root ? ReadFile(root, findings) : null;
        if (rules is not null && !findings.HasErrors)
        {
            RuleCheck.Check(rules, findings);
        }

        return new RuleReading(findings.HasErrors ? null : rules, findings.ToArray());
    }

    private static TranslationRules ReadFile(RuleNode root, RuleFindings findings)
    {
        var file = new RuleObject(root, FileKeys, findings);
        if (file.Require("version", "the number 1") is { } version
            && version is not { Kind: JsonValueKind.Number, Text: "1" })
        {
            findings.Error(version, $"Found {version.Describe()}; this program reads version {Version}.");
        }

        var source = file.Text("source", SourceLengthMax, isRequired: false) ?? "";
        var words = ImmutableSortedDictionary.CreateBuilder<string, ConsistencyTerms>(StringComparer.Ordinal);
        foreach (var member in file.Members("consistency", TranslationRules.ConsistencyWordsMax))
        {
            words[member.Name] = ReadTerms(member, findings);
        }

        var table = words.ToImmutable();
        var rules = ImmutableArray.CreateBuilder<TranslationRule>();
        foreach (var node in file.Items("rules", TranslationRules.RulesMax, isRequired: false))
        {
            if (ReadRule(node, source, table, findings) is { } rule)
            {
                Once(rules, rule, findings);
                rules.Add(rule);
            }
        }

        var templates = ImmutableArray.CreateBuilder<EventTemplate>();
        foreach (var node in file.Items("templates", EventTemplates.TemplatesMax, isRequired: false))
        {
            if (TemplateReader.Read(node, findings) is { } template)
            {
                templates.Add(template);
            }
        }

        return new TranslationRules(source, table, rules.ToImmutable(), new EventTemplates(templates.ToImmutable()));
    }

    private static ConsistencyTerms ReadTerms(RuleMember member, RuleFindings findings)
    {
        if (member.Name.Length is 0 or > TranslationRule.NameLengthMax)
        {
            findings.Error(
                member.Line, member.Column, $"A word has 1..{TranslationRule.NameLengthMax} characters.");
        }

        var terms = new RuleObject(member.Value, TermsKeys, findings);
        var read = new ConsistencyTerms(
            terms.Literal("class", FieldForms.Word<DurabilityClass>())?.Value,
            terms.Literal("dataClass", FieldForms.Word<DataClass>())?.Value ?? default,
            terms.Literal("level", FieldForms.Word<ConsistencyLevel>())?.Value,
            terms.Literal("factor", FieldForms.Factor)?.Value,
            terms.Literal("acceptDebt", FieldForms.Flag)?.Value ?? false);
        var required = read.Class is { } asked ? ConsistencyTable.CopiesRequired(asked) : 1;
        if (read.Factor < required)
        {
            findings.Error(
                terms.Find("factor")!, $"The class needs {required} copies; a factor of {read.Factor} is fewer.");
        }

        return read;
    }

    private static TranslationRule? ReadRule(
        RuleNode node, string source, ImmutableSortedDictionary<string, ConsistencyTerms> words, RuleFindings findings)
    {
        var rule = new RuleObject(node, RuleKeys, findings);
        var name = rule.Text("name", TranslationRule.NameLengthMax);
        var pattern = ReadSubject(rule, findings);
        var conditions = ImmutableArray.CreateBuilder<RuleCondition>();
        foreach (var member in rule.Members("when", TranslationRule.ConditionsMax))
        {
            if (ReadCondition(member, findings) is { } condition)
            {
                conditions.Add(condition);
            }
        }

        var identity = rule.Find("identity") is { } ids ? ReadIdentity(ids, source, findings) : IdentityRule.None;
        var reader = new CommandReader(words, findings);
        var commands = ImmutableArray.CreateBuilder<CommandRule>();
        foreach (var item in rule.Items("commands", TranslationRule.CommandsMax, isRequired: true))
        {
            if (reader.Read(item) is { } command)
            {
                commands.Add(command);
            }
        }

        return name is not null && pattern is not null
            ? new TranslationRule(
                name, pattern, conditions.ToImmutable(), identity, commands.ToImmutable(), node.Line, node.Column)
            : null;
    }

    private static SubjectPattern? ReadSubject(RuleObject rule, RuleFindings findings)
    {
        if (rule.Text("subject", SubjectPattern.LengthMax) is not { } text)
        {
            return null;
        }

        if (!SubjectPattern.TryParse(text, out var pattern, out var reason))
        {
            findings.Error(rule.Find("subject")!, $"\"{text}\" is no subject pattern: {reason}.");
        }

        return pattern;
    }

    private static RuleCondition? ReadCondition(RuleMember member, RuleFindings findings)
    {
        if (!JsonPointer.TryParse(member.Name, out var at, out var reason))
        {
            findings.Error(member.Line, member.Column, $"\"{member.Name}\" is no JSON pointer: {reason}.");
            return null;
        }

        if (member.Value.Scalar is { } value)
        {
            return new RuleCondition(at, value);
        }

        findings.Error(
            member.Value, $"Found {member.Value.Describe()}; allowed is a string, a number, true, false or null.");
        return null;
    }

    private static IdentityRule ReadIdentity(RuleNode node, string source, RuleFindings findings)
    {
        var ids = new RuleObject(node, IdentityKeys, findings);
        return new IdentityRule(
            ReadId(ids.Find("message"), source, findings), ReadId(ids.Find("correlation"), source, findings),
            ReadId(ids.Find("causation"), source, findings), ids.Field("actor", FieldForms.Label));
    }

    /// <summary>An id is always in the event: one that stands in the file would be every event's.</summary>
    private static RuleField<MessageId>? ReadId(RuleNode? node, string source, RuleFindings findings)
    {
        if (node is null)
        {
            return null;
        }

        var id = new RuleObject(node, IdKeys, findings);
        var form = FieldForms.Id(id.Text("source", SourceLengthMax, isRequired: false) ?? source);
        return new RuleField<MessageId>(
            id.Pointer("at"), form, null, id.Literal("optional", FieldForms.Flag)?.Value ?? false);
    }

    private static void Once(
        ImmutableArray<TranslationRule>.Builder rules, TranslationRule rule, RuleFindings findings)
    {
        if (rules.FirstOrDefault(other => other.Name == rule.Name) is { } other)
        {
            findings.Error(
                rule.Line, rule.Column, $"There is already a rule named \"{rule.Name}\" in line {other.Line}.");
        }
    }
}
