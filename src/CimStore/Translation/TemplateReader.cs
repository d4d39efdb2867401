using System.Collections.Immutable;
using System.Text.Json;
using CimStore.Journal;
using CimStore.Locations;

namespace CimStore.Translation;

/// <summary>Reads a template; a placeholder that its event does not have is refused here, not found later.</summary>
internal static class TemplateReader
{
    internal static readonly string[] TemplateKeys = ["event", "tier", "subject", "body"];

    /// <summary>Events whose names a template may write; in the order of the documentation.</summary>
    internal static readonly string[] EventNames =
    [
        EventTypes.Stored, EventTypes.Retrieved, EventTypes.Replicated, EventTypes.Migrated, EventTypes.Failed,
        EventTypes.Deleted, EventTypes.Released, EventTypes.Verified, EventTypes.CorruptionDetected,
        EventTypes.Repaired, EventTypes.Recovered, EventTypes.Referenced, EventTypes.NameSet,
        EventTypes.NameDeleted, EventTypes.Unchanged,
    ];

    private static readonly FieldForm<string> EventName = new(
        $"one of {string.Join(", ", EventNames)}",
        value => value.Kind == JsonValueKind.String && EventNames.Contains(value.Text) ? new(value.Text) : null);

    public static EventTemplate? Read(RuleNode node, RuleFindings findings)
    {
        var template = new RuleObject(node, TemplateKeys, findings);
        template.Require("event", EventName.Words);
        var type = template.Literal("event", EventName)?.Value;
        var tier = template.Literal("tier", FieldForms.Word<StorageTier>())?.Value;
        if (tier is not null && type is not (null or EventTypes.Stored or EventTypes.Migrated))
        {
            findings.Error(
                template.Find("tier")!, $"Only {EventTypes.Stored} and {EventTypes.Migrated} go to a tier.");
        }

        template.Text("subject", SubjectPattern.LengthMax);
        var subject = template.Find("subject") is { Kind: JsonValueKind.String } text
            ? ReadSubject(text, type, findings)
            : null;
        var body = template.Require("body", "a JSON value with placeholders in its strings") is { } value
            ? ReadBody(value, type, 0, findings)
            : null;
        return type is not null && subject is not null && body is not null
            ? new EventTemplate(type, tier, subject, body, node.Line, node.Column)
            : null;
    }

    private static TemplateText ReadSubject(RuleNode node, string? type, RuleFindings findings)
    {
        var text = ReadText(node, type, findings);
        if (text.Placeholders.FirstOrDefault(placeholder => !placeholder.IsToken) is { } loose)
        {
            var allowed = Placeholders.All.Where(one => one.IsToken && (type is null || one.IsOf(type)));
            findings.Error(node, $"{{{{{loose.Name}}}}} cannot stand in a subject. Allowed: "
                + $"{string.Join(", ", allowed.Select(one => one.Name))}.");
        }
        else if (SubjectPattern.WhyNoSubject(text.With("x")) is { } reason)
        {
            // Judged as it will be filled in: what stands around the placeholders makes a subject with them or not.
            findings.Error(node, $"\"{node.Text}\" is no subject: {reason}.");
        }

        return text;
    }

    private static TemplateNode ReadBody(RuleNode node, string? type, int depth, RuleFindings findings)
    {
        if (depth == EventTemplate.BodyDepthMax)
        {
            findings.Error(node, $"A body has at most {EventTemplate.BodyDepthMax} levels.");
            return new TemplateNode.Literal(Scalar.Null);
        }

        if (node.Kind == JsonValueKind.Array)
        {
            return new TemplateNode.List([.. node.Items.Select(item => ReadBody(item, type, depth + 1, findings))]);
        }

        if (node.Kind == JsonValueKind.String)
        {
            return new TemplateNode.Text(ReadText(node, type, findings));
        }

        if (node.Scalar is { } literal)
        {
            return new TemplateNode.Literal(literal);
        }

        var members = ImmutableArray.CreateBuilder<KeyValuePair<string, TemplateNode>>(node.Members.Length);
        foreach (var member in node.Members)
        {
            if (TemplateText.HasPlaceholder(member.Name))
            {
                findings.Error(member.Line, member.Column, "A placeholder stands in values, not in keys.");
            }

            members.Add(new(member.Name, ReadBody(member.Value, type, depth + 1, findings)));
        }

        return new TemplateNode.Map(members.ToImmutable());
    }

    private static TemplateText ReadText(RuleNode node, string? type, RuleFindings findings)
    {
        var text = TemplateText.Parse(node.Text, out var problem);
        if (problem is not null)
        {
            findings.Error(node, problem);
        }

        foreach (var placeholder in text.Placeholders.Where(one => type is not null && !one.IsOf(type)))
        {
            findings.Error(node, $"{type} has no {{{{{placeholder.Name}}}}}. Allowed: "
                + $"{string.Join(", ", Placeholders.All.Where(one => one.IsOf(type!)).Select(one => one.Name))}.");
        }

        return text;
    }
}
