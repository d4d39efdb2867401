using System.Collections.Immutable;
using System.Diagnostics;
using System.Text.Json;
using CimStore.Content;
using CimStore.Objects;

namespace CimStore.Translation;

/// <summary>
/// Makes commands of the storage out of another context's event, or says why it cannot. Pure and total: there is an
/// outcome for every subject and every JSON value, and the same facts have the same one.
/// </summary>
public static class Translator
{
    /// <summary>No rule takes the event.</summary>
    public const string NoRule = "no-rule";

    /// <summary>The subject is none that a message can have.</summary>
    public const string SubjectInvalid = "subject-invalid";

    /// <summary>A string of the event is no Unicode (half of a surrogate pair).</summary>
    public const string TextInvalid = "text-invalid";

    public const string FieldMissing = EventFields.Missing;
    public const string FieldInvalid = EventFields.Invalid;

    private const int ReasonLengthMax = 1000;

    /// <param name="subject">Where the event came, in the manner of NATS.</param>
    /// <param name="foreign">The event.</param>
    /// <param name="rules">The first rule that takes the event decides; no later one is tried.</param>
    public static TranslationOutcome Translate(string subject, JsonElement foreign, TranslationRules rules)
    {
        ArgumentNullException.ThrowIfNull(subject);
        ArgumentNullException.ThrowIfNull(rules);
        if (SubjectPattern.WhyNoSubject(subject) is { } reason)
        {
            return Refuse(SubjectInvalid, $"The subject cannot be: {reason}.", null, ForeignIdentity.None);
        }

        string? rule = null;
        try
        {
            return Translate(subject, foreign, rules, ref rule);
        }
        catch (InvalidOperationException)
        {
            // The reader of JSON finds out that a text is none when it is asked for it, and tells so by throwing.
            return Refuse(
                TextInvalid, "A text of the event is no Unicode: half of a surrogate pair stands alone.", rule,
                ForeignIdentity.None);
        }
    }

    private static TranslationOutcome Translate(
        string subject, JsonElement foreign, TranslationRules rules, ref string? taking)
    {
        var fields = new EventFields(foreign);
        List<TranslationRule> near = [];
        foreach (var rule in rules.Rules.Where(rule => rule.Subject.Matches(subject)))
        {
            if (rule.Conditions.FirstOrDefault(condition => !fields.Holds(condition)) is null)
            {
                taking = rule.Name;
                return Follow(rule, fields);
            }

            near.Add(rule);
        }

        return Refuse(
            NoRule,
            near.Count == 0
                ? $"No rule takes the subject {subject}."
                : $"{string.Join("; ", near.Select(rule => WhyNot(rule, fields)))}: no rule takes this event of the "
                    + $"subject {subject}.",
            null, ForeignIdentity.None);
    }

    private static string WhyNot(TranslationRule rule, EventFields fields)
    {
        var condition = rule.Conditions.First(condition => !fields.Holds(condition));
        return $"Rule {rule.Name} wants {condition.Value.Describe()} at {condition.At}";
    }

    private static TranslationOutcome Follow(TranslationRule rule, EventFields fields)
    {
        var ids = rule.Identity;
        var identity = new ForeignIdentity(
            fields.Read(ids.Message, "message")?.Value, fields.Read(ids.Correlation, "correlation")?.Value,
            fields.Read(ids.Causation, "causation")?.Value, fields.Read(ids.Actor, "actor")?.Value);
        var commands = ImmutableArray.CreateBuilder<TranslatedCommand>(rule.Commands.Length);
        foreach (var command in rule.Commands)
        {
            if (Make(command, fields) is { } made && fields.Problem is null)
            {
                commands.Add(made);
            }
        }

        return fields.Problem is var (code, reason)
            ? Refuse(code, reason, rule.Name, identity)
            : new TranslationOutcome.Commands(rule.Name, commands.ToImmutable(), identity);
    }

    private static TranslatedCommand? Make(CommandRule rule, EventFields fields) => rule switch
    {
        CommandRule.Store store => MakeStore(store, fields),
        CommandRule.Retrieve retrieve => fields.Read(retrieve.Cid, "cid") is { } cid
            ? new TranslatedCommand.Retrieve(cid.Value)
            : null,
        CommandRule.Replicate replicate => MakeReplicate(replicate, fields),
        CommandRule.Migrate migrate => new TranslatedCommand.Migrate(
            Cid(migrate.Cid, fields), fields.Read(migrate.Tier, "tier")?.Value ?? default),
        CommandRule.Delete delete => fields.Read(delete.Cid, "cid") is { } cid
            ? new TranslatedCommand.Delete(
                cid.Value, ReferenceOf(delete.Owner, fields, null), fields.Read(delete.Grace, "grace")?.Value)
            : null,
        CommandRule.SetName name => MakeName(name, fields),
        _ => throw new UnreachableException(),
    };

    private static TranslatedCommand.Store MakeStore(CommandRule.Store rule, EventFields fields)
    {
        var content = rule.Content is { } field ? fields.Bytes(field) : null;
        var cid = Cid(rule.Cid, fields);
        if (content is null && cid is null)
        {
            fields.Lacks("Neither content nor the CID of content that is here already is in the event.");
        }

        return new TranslatedCommand.Store(
            content, cid, fields.Read(rule.Codec, "codec")?.Value ?? Codecs.Raw,
            fields.Read(rule.Hash, "hash")?.Value ?? HashFunctions.Blake3,
            fields.Read(rule.Consistency, "consistency")?.Value ?? ConsistencyTerms.Default,
            fields.Read(rule.Pattern, "pattern")?.Value ?? default, ReferenceOf(rule.Owner, fields, null));
    }

    private static TranslatedCommand.Replicate? MakeReplicate(CommandRule.Replicate rule, EventFields fields)
    {
        var cid = Cid(rule.Cid, fields);
        var number = fields.Read(rule.Factor, "factor")?.Value;
        var factor = number ?? fields.Read(rule.Consistency, "consistency")?.Value.Copies;
        if (factor is null)
        {
            fields.Lacks("The event says neither a factor nor a word of \"consistency\" that has one.");
        }

        return factor is { } copies ? new TranslatedCommand.Replicate(cid, copies, number is null) : null;
    }

    private static TranslatedCommand.SetName? MakeName(CommandRule.SetName rule, EventFields fields)
    {
        var cid = Cid(rule.Cid, fields);
        return fields.Read(rule.Name, "name") is { } name
            ? new TranslatedCommand.SetName(
                ReferenceOf(rule.Owner, fields, name.Value), cid, Cid(rule.Expected, fields, "expected"),
                fields.Read(rule.MustBeNew, "mustBeNew")?.Value ?? false)
            : null;
    }

    private static Cid? Cid(RuleField<Cid>? field, EventFields fields, string name = "cid") =>
        fields.Read(field, name) is { } cid ? cid.Value : null;

    private static Reference ReferenceOf(OwnerRule rule, EventFields fields, string? name) => new(
        fields.Read(rule.Owner, "owner") is { } owner ? new OwnerId(owner.Value) : OwnerId.Local,
        fields.Read(rule.Namespace, "namespace") is { } space ? new NamespaceId(space.Value) : NamespaceId.Default,
        name);

    private static TranslationOutcome.DeadLetter Refuse(
        string code, string reason, string? rule, ForeignIdentity identity) => new(
        code, reason.Length <= ReasonLengthMax ? reason : reason[..ReasonLengthMax] + "...", rule, identity);
}
