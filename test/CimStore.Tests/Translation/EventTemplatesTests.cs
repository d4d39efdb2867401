using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using CimStore.Journal;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Tests.Journal;
using CimStore.Translation;
using Xunit;

namespace CimStore.Tests.Translation;

public sealed class EventTemplatesTests
{
    private static readonly EventTemplates Documented = RuleTexts.Rules(RuleTexts.Example).Templates;

    [Fact, Trait("row", "G4")]
    public void A_stored_event_is_told_in_the_words_of_the_template()
    {
        var entry = EventSamples.Entry(EventSamples.All().First(sample => sample.Name == "stored").Event, false);

        var told = Documented.Translate(entry)!;

        Assert.Equal("archive.documents.kept", told.Subject);
        Assert.Equal(
            "{\"type\":\"DocumentKept\",\"document\":{\"id\":\"" + EventSamples.Content("hello")
            + "\",\"bytes\":5,\"safe\":true},\"trace\":\"" + EventSamples.Id(2)
            + "\",\"note\":\"kept at hot since 2026-11-22T21:49:00.1234567Z\"}",
            Encoding.UTF8.GetString(told.Utf8.Span));
    }

    [Fact]
    public void A_template_of_a_tier_takes_what_went_there_alone()
    {
        var archived = new StorageEvent.Migrated(
            ContentKey.Shared(EventSamples.Content("a")), StorageTier.Cold,
            StorageTier.Archive);

        Assert.Equal(
            "archive.documents.cold.vaulted", Documented.Translate(EventSamples.Entry(archived))!.Subject);
        Assert.Null(Documented.Translate(
            EventSamples.Entry(archived with { To = StorageTier.Warm })));
    }

    /// <summary>Every event with every placeholder that it has: none throws, each writes JSON.</summary>
    [Fact]
    public void Every_event_can_be_told_with_everything_it_has()
    {
        foreach (var (name, happened) in EventSamples.All())
        {
            var type = EventTypes.Name(happened);
            var own = Placeholders.All.Where(placeholder => placeholder.IsOf(type)).Select(one => one.Name).ToList();
            var tokens = Placeholders.All.Where(one => one.IsOf(type) && one.IsToken).Select(one => one.Name);
            var body = string.Join(", ", own.Select(one => $"\"{one}\": \"{{{{{one}}}}}\""));
            var rules = RuleTexts.Rules(
                $$"""
                { "version": 1, "templates": [{ "event": "{{type}}", "body": { {{body}}, "all": "<{{Text(own)}}>" },
                  "subject": "x.{{Text(tokens)}}" }] }
                """);

            var told = rules.Templates.Translate(EventSamples.Entry(happened))!;

            var json = JsonElement.Parse(told.Utf8.Span);
            Assert.True(own.Count + 1 == json.EnumerateObject().Count(), name);
            Assert.Null(SubjectPattern.WhyNoSubject(told.Subject.Length > 255 ? "x" : told.Subject));
            Assert.Equal(EventTypes.Subject(happened), json.GetProperty("subject").GetString());
        }
    }

    [Fact]
    public void What_is_null_is_null_alone_and_nothing_in_a_text()
    {
        var rules = RuleTexts.Rules("""
            { "version": 1, "templates": [{ "event": "storage.failed", "subject": "x",
              "body": ["{{cid}}", "a{{ cid }}b", "{{error}}/{{detail}}", 1.50, true, null] }] }
            """);

        var told = rules.Templates.Translate(EventSamples.Entry(
            new StorageEvent.Failed(null, "full", "\"no\" room")))!;

        Assert.Equal(
            """[null,"ab","full/\u0022no\u0022 room",1.50,true,null]""", Encoding.UTF8.GetString(told.Utf8.Span));
    }

    [Fact]
    public void The_documentation_lists_every_placeholder_with_its_events()
    {
        var listed = Regex.Matches(
                RuleTexts.Documentation, @"^\| `\{\{(\w+)\}\}` \| ([^|]+) \| (yes)? ?\|", RegexOptions.Multiline)
            .Select(row => $"{row.Groups[1].Value}: {row.Groups[2].Value} {row.Groups[3].Value}".Trim());

        Assert.Equal(
            Placeholders.All.Select(one => (one.Name + ": " + (one.EventTypes.IsEmpty
                ? "all"
                : string.Join(", ", one.EventTypes.Select(type => type["storage.".Length..]))) + " "
                + (one.IsToken ? "yes" : "")).Trim()),
            listed);
    }

    private static string Text(IEnumerable<string> names) =>
        string.Join('.', names.Select(name => $"{{{{{name}}}}}"));
}
