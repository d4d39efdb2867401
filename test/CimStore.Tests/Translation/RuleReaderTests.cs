using System.Text;
using System.Text.Json;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Policies;
using CimStore.Translation;
using CsCheck;
using Xunit;

namespace CimStore.Tests.Translation;

public sealed class RuleReaderTests
{
    [Fact]
    public void The_example_of_the_documentation_is_read_without_a_finding()
    {
        var reading = RuleTexts.Reading(RuleTexts.Example);

        Assert.Empty(reading.Findings);
        var rules = reading.Rules!;
        Assert.Equal(["finalised invoices", "cancelled invoices"], rules.Rules.Select(rule => rule.Name));
        Assert.Equal(2, rules.Templates.All.Length);
        Assert.Equal(
            new ConsistencyTerms(DurabilityClass.Critical, DataClass.Content, ConsistencyLevel.Strong, 4, false),
            rules.Consistency["must-not-lose"]);
    }

    [Theory]
    [InlineData("{ \"version\": 1, }", 0, 0, "")]
    [InlineData("{}", 1, 1, "\"version\" is missing")]
    [InlineData("{ \"version\": 2 }", 1, 14, "reads version 1")]
    [InlineData("[]", 1, 1, "Found a list of 0; allowed is an object")]
    [InlineData("", 1, 1, "")]
    [InlineData("{ \"version\": 1,\n  \"ä\": 1, \"rulse\": [] }", 2, 3, "\"ä\" is unknown. Allowed: $schema, ")]
    [InlineData("{ \"version\": 1,\n  \"source\": \"ä\", \"rulse\": [] }", 2, 18, "\"rulse\" is unknown")]
    [InlineData("{ \"version\": 1, \"version\": 1 }", 1, 17, "comes twice")]
    [InlineData("{ \"version\": 1,\n \"rules\": [{] }", 2, 13, "")]
    [InlineData("{ \"version\": 1, \"source\": \"\\ud800\" }", 1, 27, "half of a surrogate pair")]
    public void A_file_is_refused_with_line_and_column(string text, int line, int column, string expected)
    {
        var reading = RuleTexts.Reading(text);

        if (line == 0)
        {
            Assert.Empty(reading.Findings);
            return;
        }

        Assert.Null(reading.Rules);
        Assert.Contains(
            reading.Findings,
            finding => (finding.Line, finding.Column) == (line, column)
                && finding.Text.Contains(expected, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("[]", "Found a list of 0; allowed is a list of 1..8")]
    [InlineData("[{}]", "one of store, retrieve, replicate, migrate, delete, setName")]
    [InlineData("""[{ "command": "stroe" }]""", "Found \"stroe\"; allowed")]
    [InlineData("""[{ "command": "store" }]""", "needs content, or the cid")]
    [InlineData("""[{ "command": "store", "content": { "at": "/c" } }]""", "\"as\" is missing: one of base64, text")]
    [InlineData("""[{ "command": "store", "content": { "at": "c", "as": "text" } }]""", "no JSON pointer: a pointer")]
    [InlineData("""[{ "command": "store", "cid": "x" }]""", "Found \"x\"; allowed is a CID")]
    [InlineData("""[{ "command": "store", "cid": { "at": "/c" }, "pattern": "often" }]""", "one of unspecified, write")]
    [InlineData("""[{ "command": "store", "cid": { "at": "/c" }, "codec": "nope" }]""", "the name of a codec")]
    [InlineData("""[{ "command": "store", "cid": { "at": "/c" }, "hash": "md5" }]""", "blake3 or sha2-256")]
    [InlineData("""[{ "command": "store", "cid": { "at": "/c" }, "consistency": "gold" }]""", "one of silver")]
    [InlineData("""[{ "command": "store", "cid": { "at": "/c" }, "consistency": { "at": "/g", "default": "x" } }]""",
        "one of silver")]
    [InlineData("""[{ "command": "retrieve" }]""", "\"cid\" is missing")]
    [InlineData("""[{ "command": "retrieve", "cid": { "at": "/c", "optional": true } }]""", "cannot be optional here")]
    [InlineData("""[{ "command": "replicate", "cid": { "at": "/c" } }]""", "needs a factor, or a word")]
    [InlineData("""[{ "command": "replicate", "cid": { "at": "/c" }, "factor": 17 }]""", "a whole number 1..16")]
    [InlineData("""[{ "command": "migrate", "tier": "cold" }]""", "\"cid\" is missing")]
    [InlineData("""[{ "command": "migrate", "cid": { "at": "/c" }, "tier": "tepid" }]""", "one of hot, warm, cold")]
    [InlineData("""[{ "command": "delete", "cid": { "at": "/c" }, "grace": "soon" }]""", "a whole number of s, m")]
    [InlineData("""[{ "command": "setName", "cid": { "at": "/c" } }]""", "\"name\" is missing")]
    [InlineData("""[{ "command": "setName", "cid": { "at": "/c", "or": 1 }, "name": "n" }]""", "\"or\" is unknown")]
    public void A_command_is_refused_with_what_is_allowed(string commands, string expected) =>
        AssertRefused(RuleTexts.OneRule(commands, consistency: """{ "silver": {} }"""), expected);

    [Theory]
    [InlineData("""{ "w": { "class": "gold" } }""", "one of ephemeral, standard, critical")]
    [InlineData("""{ "w": { "level": "best" } }""", "one of strong, quorum, causal, readyourwrites, eventual")]
    [InlineData("""{ "w": { "dataClass": 1 } }""", "one of content, metadata, eventstream, financial")]
    [InlineData("""{ "w": { "factor": 0 } }""", "a whole number 1..16")]
    [InlineData("""{ "w": { "class": "critical", "factor": 2 } }""", "needs 3 copies; a factor of 2 is fewer")]
    [InlineData("""{ "w": { "copies": 3 } }""", "\"copies\" is unknown")]
    [InlineData("""{ "": {} }""", "A word has 1..63 characters")]
    public void A_word_is_refused_with_what_is_allowed(string consistency, string expected) =>
        AssertRefused(RuleTexts.OneRule(RuleTexts.Retrieve, consistency: consistency), expected);

    [Theory]
    [InlineData(""" "when": { "x": 1 }, """, "\"x\" is no JSON pointer")]
    [InlineData(""" "when": { "/x": {} }, """, "a string, a number, true, false or null")]
    [InlineData(""" "when": [], """, "an object of at most 16 keys")]
    public void A_condition_is_refused_with_what_is_allowed(string when, string expected) =>
        AssertRefused(RuleTexts.OneRule(RuleTexts.Retrieve, when), expected);

    [Theory]
    [InlineData("""{ "subject": "x", "body": {} }""", "\"event\" is missing")]
    [InlineData("""{ "event": "storage.lost", "subject": "x", "body": {} }""", "one of storage.stored, ")]
    [InlineData("""{ "event": "storage.stored", "subject": "x" }""", "\"body\" is missing")]
    [InlineData("""{ "event": "storage.deleted", "tier": "hot", "subject": "x", "body": {} }""", "go to a tier")]
    [InlineData("""{ "event": "storage.stored", "subject": "x", "body": "{{cdi}}" }""", "no placeholder {{cdi}}")]
    [InlineData("""{ "event": "storage.stored", "subject": "x", "body": ["{{from}}"] }""", "has no {{from}}. Allowed")]
    [InlineData("""{ "event": "storage.stored", "subject": "x", "body": "{{cid" }""", "must end with }}")]
    [InlineData("""{ "event": "storage.stored", "subject": "x", "body": { "{{cid}}": 1 } }""", "not in keys")]
    [InlineData("""{ "event": "storage.stored", "subject": "x.{{name}}", "body": 1 }""", "cannot stand in a subject")]
    [InlineData("""{ "event": "storage.stored", "subject": "x..{{tier}}", "body": 1 }""", "is no subject: it has")]
    public void A_template_is_refused_with_what_is_allowed(string template, string expected) =>
        AssertRefused($$"""{ "version": 1, "templates": [{{template}}] }""", expected);

    [Fact]
    public void The_line_of_an_unknown_placeholder_is_told()
    {
        var reading = RuleTexts.Reading(
            "{ \"version\": 1, \"templates\": [{ \"event\": \"storage.stored\",\n \"subject\": \"x\",\n"
            + " \"body\": { \"a\": 1,\n \"b\": \"{{nothing}}\" } }] }");

        var finding = Assert.Single(reading.Findings);
        Assert.Equal((4, 7), (finding.Line, finding.Column));
    }

    [Fact]
    public void A_name_is_there_once()
    {
        var rule = $$"""{ "name": "a", "subject": "a.b", "commands": {{RuleTexts.Retrieve}} }""";

        AssertRefused($$"""{ "version": 1, "rules": [{{rule}}, {{rule}}] }""", "already a rule named \"a\" in line 1");
    }

    [Fact]
    public void The_size_the_depth_and_the_counts_are_bounded()
    {
        var rules = string.Join(',', Enumerable.Range(0, TranslationRules.RulesMax + 1).Select(index =>
            $$"""{ "name": "r{{index}}", "subject": "a.b{{index}}", "commands": {{RuleTexts.Retrieve}} }"""));

        AssertRefused($$"""{ "version": 1, "rules": [{{rules}}] }""", "a list of 0..256");
        AssertRefused(new string(' ', RuleReader.SizeMaxBytes + 1), "at most 1048576 are read");
        AssertRefused(new string('[', 40) + new string(']', 40), "depth");
        AssertRefused(
            "{ \"version\": 1, \"templates\": [{ \"event\": \"storage.stored\", \"subject\": \"x\", \"body\": "
            + new string('[', 20) + new string(']', 20) + "}] }", "at most 16 levels");
    }

    [Fact]
    public void The_schema_knows_the_same_keys_and_words()
    {
        using var schema = JsonDocument.Parse(File.ReadAllText(RuleTexts.Document("schemas/translation.schema.json")));
        var root = schema.RootElement;
        var definitions = root.GetProperty("$defs");
        string[] Keys(JsonElement of) => [.. of.GetProperty("properties").EnumerateObject().Select(key => key.Name)];
        string Names(JsonElement of) =>
            string.Join(", ", of.GetProperty("enum").EnumerateArray().Select(name => name.GetString()));
        var terms = definitions.GetProperty("terms").GetProperty("properties");

        Assert.Equal(RuleReader.FileKeys, Keys(root));
        Assert.Equal(RuleReader.TermsKeys, Keys(definitions.GetProperty("terms")));
        Assert.Equal(RuleReader.RuleKeys, Keys(definitions.GetProperty("rule")));
        Assert.Equal(RuleReader.IdentityKeys, Keys(definitions.GetProperty("identity")));
        Assert.Equal(RuleReader.IdKeys, Keys(definitions.GetProperty("id")));
        Assert.Equal(CommandReader.ContentKeys, Keys(definitions.GetProperty("content")));
        Assert.Equal(TemplateReader.TemplateKeys, Keys(definitions.GetProperty("template")));
        Assert.Equal(
            string.Join(", ", TemplateReader.EventNames),
            Names(definitions.GetProperty("template").GetProperty("properties").GetProperty("event")));
        Assert.All(CommandWords.All, word => Assert.Equal(
            CommandReader.KeysOf(word), Keys(definitions.GetProperty(word))));
        Assert.Equal(PolicyNames<DurabilityClass>.Allowed, Names(terms.GetProperty("class")));
        Assert.Equal(PolicyNames<DataClass>.Allowed, Names(terms.GetProperty("dataClass")));
        Assert.Equal(PolicyNames<ConsistencyLevel>.Allowed, Names(terms.GetProperty("level")));
        Assert.Equal(PolicyNames<StorageTier>.Allowed, Names(definitions.GetProperty("tier")));
    }

    /// <summary>Whatever the bytes, there is an answer, and one that is of use.</summary>
    [Fact]
    public void Any_edit_of_a_file_is_read_or_refused_with_a_place() =>
        Gen.Select(Gen.Int[0, 100_000], Gen.Int[0, 3], Gen.Byte).Array[1, 4].Sample(edits =>
        {
            var text = Encoding.UTF8.GetBytes(RuleTexts.Example);
            foreach (var (position, length, value) in edits)
            {
                var rest = text.AsSpan(position % text.Length);
                rest[..Math.Min(length, rest.Length)].Fill(value);
            }

            var reading = RuleReader.Read(text);

            var hasError = reading.Findings.Any(finding => finding.Severity == PolicySeverity.Error);
            Assert.Equal(hasError, reading.Rules is null);
            Assert.All(reading.Findings, finding => Assert.True(finding is { Line: >= 1, Column: >= 1 }));
        });

    private static void AssertRefused(string text, string expected)
    {
        var reading = RuleTexts.Reading(text);

        Assert.Null(reading.Rules);
        Assert.Contains(reading.Findings, finding => finding.Text.Contains(expected, StringComparison.Ordinal));
    }
}
