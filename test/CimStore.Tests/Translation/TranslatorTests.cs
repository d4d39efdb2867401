using System.Text;
using System.Text.Json;
using CimStore.Content;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Tests.Journal;
using CimStore.Translation;
using CsCheck;
using Xunit;

namespace CimStore.Tests.Translation;

public sealed class TranslatorTests
{
    private static readonly TranslationRules Documented = RuleTexts.Rules(RuleTexts.Example);
    private static readonly Cid Content = EventSamples.Content("hello");

    [Fact, Trait("row", "G4")]
    public void The_example_of_the_documentation_becomes_a_store_and_a_name()
    {
        var outcome = Translator.Translate(
            "billing.eu.InvoiceFinalised", JsonElement.Parse(RuleTexts.ExampleEvent), Documented);

        var commands = Assert.IsType<TranslationOutcome.Commands>(outcome);
        Assert.Equal("finalised invoices", commands.Rule);
        Assert.Equal(2, commands.All.Length);
        var store = Assert.IsType<TranslatedCommand.Store>(commands.All[0]);
        Assert.Equal("%PDF-", Encoding.UTF8.GetString(store.Content!.Value.Span));
        Assert.Equal(
            new ConsistencyTerms(DurabilityClass.Critical, DataClass.Financial, ConsistencyLevel.Strong, null, false),
            store.Terms);
        Assert.Equal(AccessPattern.Archival, store.Pattern);
        Assert.Equal(new Reference(new OwnerId("billing"), new NamespaceId("invoices"), null), store.Reference);
        Assert.Null(store.ExpectedCid);
        Assert.Equal(
            new TranslatedCommand.SetName(store.Reference with { Name = "2026-0042" }, null, null, true),
            commands.All[1]);
    }

    [Fact, Trait("row", "G4")]
    public void The_example_has_the_ids_of_its_event_by_their_sources()
    {
        var outcome = Translator.Translate(
            "billing.eu.InvoiceFinalised", JsonElement.Parse(RuleTexts.ExampleEvent), Documented);

        Assert.True(ForeignIdentity.TryRead("billing", "INV-2026-0042/3", out var message));
        Assert.True(ForeignIdentity.TryRead("orders", "4711", out var correlation));
        Assert.Equal(new ForeignIdentity(message, correlation, null, "billing"), outcome.Identity);
    }

    [Theory, Trait("row", "G4")]
    [InlineData("billing.eu.InvoiceReopened", "{}", "no-rule", "No rule takes the subject billing.eu.InvoiceReopened.")]
    [InlineData("billing.eu.InvoiceFinalised", """{ "schema": 1 }""", "no-rule",
        "Rule finalised invoices wants 2 at /schema: no rule takes this event of the subject")]
    [InlineData("billing..x", "{}", "subject-invalid", "an empty token")]
    [InlineData("billing.*.InvoiceFinalised", "{}", "subject-invalid", "no wildcards")]
    [InlineData("billing.eu.InvoiceFinalised", """{ "schema": 2 }""", "field-missing",
        "/event_id: nothing is there; \"message\" needs a UUID")]
    [InlineData("billing.eu.InvoiceFinalised", """{ "schema": 2, "event_id": {}, "order_id": 1 }""", "field-invalid",
        "/event_id: found an object; \"message\" needs a UUID")]
    [InlineData("billing.eu.InvoiceFinalised", """{ "schema": 2, "event_id": 1, "order_id": 1 }""", "field-missing",
        "/document/pdf: nothing is there; \"content\" needs a string in base64")]
    [InlineData("billing.eu.InvoiceFinalised",
        """{ "schema": 2, "event_id": 1, "order_id": 1, "document": { "pdf": "%" } }""", "field-invalid",
        "/document/pdf: found \"%\"; \"content\" needs a string in base64")]
    [InlineData("billing.eu.InvoiceFinalised",
        """{ "schema": 2, "event_id": 1, "order_id": 1, "document": { "pdf": "" }, "guarantee": "gold" }""",
        "field-invalid",
        "/guarantee: found \"gold\"; \"consistency\" needs one of best-effort, financial, must-not-lose.")]
    [InlineData("billing.eu.InvoiceFinalised", """{ "schema": 2, "event_id": "\ud800" }""", "text-invalid",
        "no Unicode")]
    public void What_cannot_be_translated_is_a_dead_letter_with_the_reason(
        string subject, string foreign, string code, string reason)
    {
        var outcome = Translator.Translate(subject, JsonElement.Parse(foreign), Documented);

        var letter = Assert.IsType<TranslationOutcome.DeadLetter>(outcome);
        Assert.Equal(code, letter.Code);
        Assert.Contains(reason, letter.Reason, StringComparison.Ordinal);
        Assert.Equal(code is "no-rule" or "subject-invalid" ? null : "finalised invoices", letter.Rule);
    }

    [Fact]
    public void Every_command_is_made_with_its_values()
    {
        var rules = RuleTexts.Rules(RuleTexts.OneRule(
            """
            [{ "command": "store", "cid": { "at": "/cid" }, "codec": "dag-json", "hash": "sha2-256",
               "consistency": { "at": "/word" } },
             { "command": "retrieve", "cid": { "at": "/cid" } },
             { "command": "replicate", "cid": { "at": "/cid" }, "factor": { "at": "/n" } },
             { "command": "replicate", "consistency": "two" },
             { "command": "migrate", "tier": { "at": "/tier" } },
             { "command": "delete", "cid": { "at": "/cid" }, "grace": "36h" },
             { "command": "setName", "cid": { "at": "/cid" }, "name": { "at": "/name" }, "expected": { "at": "/cid" },
               "mustBeNew": { "at": "/new", "default": true }, "owner": { "at": "/name" } }]
            """,
            consistency: """{ "two": { "class": "standard", "acceptDebt": true } }"""));
        var foreign = JsonElement.Parse(
            $$"""{ "cid": "{{Content}}", "word": "two", "n": 5, "tier": "cold", "name": "ada", "new": null }""");

        var commands = Assert.IsType<TranslationOutcome.Commands>(Translator.Translate("a.b", foreign, rules));

        var pin = new Reference(OwnerId.Local, NamespaceId.Default, null);
        var two = new ConsistencyTerms(DurabilityClass.Standard, DataClass.Content, null, null, true);
        Assert.Equal(
            [
                new TranslatedCommand.Store(
                    null, Content, Codecs.DagJson, HashFunctions.Sha256, two, AccessPattern.Unspecified, pin),
                new TranslatedCommand.Retrieve(Content),
                new TranslatedCommand.Replicate(Content, 5, false),
                new TranslatedCommand.Replicate(null, 2, true),
                new TranslatedCommand.Migrate(null, StorageTier.Cold),
                new TranslatedCommand.Delete(Content, pin, TimeSpan.FromHours(36)),
                new TranslatedCommand.SetName(
                    pin with { Owner = new OwnerId("ada"), Name = "ada" }, Content, Content, true),
            ],
            commands.All);
        Assert.Equal(
            ["store", "retrieve", "replicate", "replicate", "migrate", "delete", "setName"],
            commands.All.Select(command => command.Word));
    }

    [Theory]
    [InlineData("text", """ "a\u00e9\n" """, "aé\n")]
    [InlineData("text", "\"\"", "")]
    [InlineData("base64", "\"aGk=\"", "hi")]
    [InlineData("json", """{ "b":1.0, "a" : [ null ] }""", """{ "b":1.0, "a" : [ null ] }""")]
    [InlineData("json", "null", "null")]
    public void Content_is_taken_as_it_is_written(string encoding, string value, string expected)
    {
        var rules = RuleTexts.Rules(RuleTexts.OneRule(
            $$"""[{ "command": "store", "content": { "at": "/c", "as": "{{encoding}}" } }]"""));

        var outcome = Translator.Translate("a.b", JsonElement.Parse($$"""{ "c": {{value}} }"""), rules);

        var store = (TranslatedCommand.Store)Assert.IsType<TranslationOutcome.Commands>(outcome).All[0];
        Assert.Equal(expected, Encoding.UTF8.GetString(store.Content!.Value.Span));
    }

    [Fact]
    public void Of_values_that_are_optional_one_by_one_some_one_must_be_there()
    {
        var rules = RuleTexts.Rules(RuleTexts.OneRule(
            """
            [{ "command": "store", "content": { "at": "/c", "as": "text", "optional": true },
               "cid": { "at": "/cid", "optional": true } }]
            """));

        var neither = Translator.Translate("a.b", JsonElement.Parse("{}"), rules);
        var one = Translator.Translate("a.b", JsonElement.Parse($$"""{ "cid": "{{Content}}" }"""), rules);

        Assert.Equal(Translator.FieldMissing, Assert.IsType<TranslationOutcome.DeadLetter>(neither).Code);
        Assert.IsType<TranslationOutcome.Commands>(one);
    }

    [Fact]
    public void A_reason_has_a_length()
    {
        var words = string.Join(
            ", ", Enumerable.Range(0, 60).Select(index => $"\"{new string('w', 40)}{index}\": {{}}"));
        var rules = RuleTexts.Rules(RuleTexts.OneRule(
            """[{ "command": "store", "cid": { "at": "/cid" }, "consistency": { "at": "/w" } }]""",
            consistency: $"{{ {words} }}"));

        var outcome = Translator.Translate(
            "a.b", JsonElement.Parse($$"""{ "cid": "{{Content}}", "w": "{{new string('x', 5000)}}" }"""), rules);

        Assert.True(Assert.IsType<TranslationOutcome.DeadLetter>(outcome).Reason.Length <= 1003);
    }

    [Fact]
    public void What_is_no_value_at_all_is_a_dead_letter() =>
        Assert.IsType<TranslationOutcome.DeadLetter>(
            Translator.Translate("billing.eu.InvoiceFinalised", default, Documented));

    /// <summary>Total: any subject, any JSON, also one in the shape of a rule, any value in any place.</summary>
    [Fact, Trait("row", "G4")]
    public void There_is_an_outcome_for_every_event_and_always_the_same()
    {
        var rules = RuleTexts.Rules(RuleTexts.OneRule(
            """
            [{ "command": "store", "content": { "at": "/0", "as": "base64", "optional": true },
               "cid": { "at": "/a", "optional": true }, "pattern": { "at": "/b", "optional": true },
               "codec": { "at": "/c", "optional": true }, "owner": { "at": "/d", "optional": true } },
             { "command": "replicate", "factor": { "at": "/a/b", "optional": true },
               "consistency": { "at": "/c", "optional": true } },
             { "command": "migrate", "tier": { "at": "/c/0" } },
             { "command": "delete", "cid": { "at": "/b" }, "grace": { "at": "/d", "optional": true } },
             { "command": "setName", "name": { "at": "/d" }, "mustBeNew": { "at": "/e", "optional": true } }]
            """,
            """ "when": { "/e": true }, """));
        Gen.Select(Gen.OneOf("a.b", "", "a..b", "billing.x.InvoiceFinalised"), Json(3), Gen.Bool)
            .Sample((subject, json, isDocumented) =>
            {
                var foreign = JsonElement.Parse(json);
                var used = isDocumented ? Documented : rules;

                var outcome = Translator.Translate(subject, foreign, used);

                Assert.True(outcome is TranslationOutcome.Commands { All.Length: > 0 }
                    or TranslationOutcome.DeadLetter { Code.Length: > 0, Reason.Length: > 0 });
                Assert.Equal(Text(outcome), Text(Translator.Translate(subject, foreign, used)));
            });
    }

    private static string Text(TranslationOutcome outcome) => outcome is TranslationOutcome.Commands commands
        ? string.Join('\n', commands.All.Select(command => command.ToString()))
        : outcome.ToString();

    private static Gen<string> Json(int depth)
    {
        var scalar = Gen.OneOf(
            Gen.OneOf(
                "null", "true", "false", "0", "3", "1e400", "-0.0", "\"\"", "\"\\ud800\"", "\"raw\"", "\"cold\"",
                "\"aGk=\"", "\"archival\"", $"\"{Content}\"", "\"1d\""),
            Gen.Long.Select(number => number.ToString(System.Globalization.CultureInfo.InvariantCulture)),
            Gen.String[0, 8].Select(text => JsonSerializer.Serialize(text)));
        if (depth == 0)
        {
            return scalar;
        }

        var inner = Json(depth - 1);
        var key = Gen.OneOf(
            "a", "b", "c", "d", "e", "id", "schema", "event_id", "document", "pdf", "\\ud800", "order_id", "number");
        return Gen.OneOf(
            scalar,
            inner.Array[0, 4].Select(items => $"[{string.Join(',', items)}]"),
            Gen.Select(key, inner).Array[0, 8].Select(members =>
                $"{{{string.Join(',', members.Select(member => $"\"{member.Item1}\":{member.Item2}"))}}}"));
    }
}
