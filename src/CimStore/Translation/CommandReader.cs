using System.Collections.Immutable;
using System.Text.Json;
using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Translation;

/// <summary>Reads the commands of one rule, in order: a later one may speak of what an earlier one stored.</summary>
internal sealed class CommandReader(
    ImmutableSortedDictionary<string, ConsistencyTerms> words, RuleFindings findings)
{
    public const string CommandKey = "command";

    private static readonly string[] StoreKeys =
        [CommandKey, "content", "cid", "consistency", "pattern", "codec", "hash", "owner", "namespace"];

    private static readonly string[] RetrieveKeys = [CommandKey, "cid"];
    private static readonly string[] ReplicateKeys = [CommandKey, "cid", "factor", "consistency"];
    private static readonly string[] MigrateKeys = [CommandKey, "cid", "tier"];
    private static readonly string[] DeleteKeys = [CommandKey, "cid", "grace", "owner", "namespace"];

    private static readonly string[] SetNameKeys =
        [CommandKey, "cid", "name", "expected", "mustBeNew", "owner", "namespace"];

    internal static readonly string[] ContentKeys = ["at", "as", "optional"];

    private readonly FieldForm<ConsistencyTerms> _consistency = FieldForms.Consistency(words);
    private bool _hasStored;

    internal static string[] KeysOf(string word) => word switch
    {
        CommandWords.Store => StoreKeys,
        CommandWords.Retrieve => RetrieveKeys,
        CommandWords.Replicate => ReplicateKeys,
        CommandWords.Migrate => MigrateKeys,
        CommandWords.Delete => DeleteKeys,
        _ => SetNameKeys,
    };

    public CommandRule? Read(RuleNode node)
    {
        var word = node.Find(CommandKey);
        if (word is not { Kind: JsonValueKind.String } || !CommandWords.All.Contains(word.Text))
        {
            findings.Error(word ?? node,
                $"Found {(word ?? node).Describe()}; allowed is an object with \"{CommandKey}\", one of "
                + $"{string.Join(", ", CommandWords.All)}.");
            return null;
        }

        var command = new RuleObject(node, KeysOf(word.Text), findings);
        return word.Text switch
        {
            CommandWords.Store => ReadStore(command),
            CommandWords.Retrieve => new CommandRule.Retrieve(command.RequireField("cid", FieldForms.Cid)!),
            CommandWords.Replicate => ReadReplicate(command),
            CommandWords.Migrate => new CommandRule.Migrate(
                CidOrStored(command), command.RequireField("tier", FieldForms.Word<StorageTier>())!),
            CommandWords.Delete => new CommandRule.Delete(
                command.RequireField("cid", FieldForms.Cid)!, command.Field("grace", FieldForms.Duration),
                ReadOwner(command)),
            _ => new CommandRule.SetName(
                CidOrStored(command), command.RequireField("name", FieldForms.Label)!,
                command.Field("expected", FieldForms.Cid), command.Field("mustBeNew", FieldForms.Flag),
                ReadOwner(command)),
        };
    }

    private CommandRule.Store ReadStore(RuleObject command)
    {
        _hasStored = true;
        var content = command.Find("content") is { } node ? ReadContent(node) : null;
        var cid = command.Field("cid", FieldForms.Cid);
        if (content is null && cid is null && command.Find("content") is null)
        {
            findings.Error(command.Node, "A store needs content, or the cid of content that is here already.");
        }

        return new CommandRule.Store(
            content, cid, command.Field("consistency", _consistency),
            command.Field("pattern", FieldForms.Word<AccessPattern>()), command.Field("codec", FieldForms.Codec),
            command.Field("hash", FieldForms.Hash), ReadOwner(command));
    }

    private ContentField? ReadContent(RuleNode node)
    {
        var content = new RuleObject(node, ContentKeys, findings);
        content.Require("as", FieldForms.Word<ContentEncoding>().Words);
        var encoding = content.Literal("as", FieldForms.Word<ContentEncoding>());
        var isOptional = content.Literal("optional", FieldForms.Flag)?.Value ?? false;
        return content.Pointer("at") is { } at && encoding is { } known
            ? new ContentField(at, known.Value, isOptional)
            : null;
    }

    private CommandRule.Replicate ReadReplicate(RuleObject command)
    {
        var factor = command.Field("factor", FieldForms.Factor);
        var consistency = command.Field("consistency", _consistency);
        if (factor is null && consistency is null)
        {
            findings.Error(command.Node, "A replicate needs a factor, or a word of \"consistency\" that has one.");
        }

        return new CommandRule.Replicate(CidOrStored(command), factor, consistency);
    }

    private RuleField<Content.Cid>? CidOrStored(RuleObject command) =>
        _hasStored ? command.Field("cid", FieldForms.Cid) : command.RequireField("cid", FieldForms.Cid);

    private static OwnerRule ReadOwner(RuleObject command) =>
        new(command.Field("owner", FieldForms.Label), command.Field("namespace", FieldForms.Label));
}
