using System.Text;
using System.Text.Json;
using Xunit;

namespace CimStore.Server.Tests.Cli;

/// <summary>`translate` and `dead-letters`, as a user meets them.</summary>
[Trait("row", "G4")]
public sealed class ForeignCommandTests : IDisposable
{
    private const string Rules = """
        { "version": 1,
          "consistency": { "keep": { "class": "ephemeral" } },
          "rules": [
            { "name": "kept", "subject": "billing.*.Kept", "identity": { "message": { "at": "/id", "optional": true } },
              "commands": [
                { "command": "store", "content": { "at": "/text", "as": "text" }, "consistency": "keep" },
                { "command": "setName", "name": "latest" } ] } ],
          "templates": [{ "event": "storage.stored", "subject": "archive.kept", "body": ["{{cid}}", "{{size}}"] }] }
        """;

    private readonly Cimstore _cimstore = new();

    private string RuleFile => _cimstore.Write("rules.json", Rules);

    [Fact]
    public async Task A_rule_file_is_checked_with_every_place()
    {
        var good = (await _cimstore.RunExactlyAsync(null, "translate", "--rules", RuleFile)).Ok();
        var wrong = _cimstore.Write("wrong.json", "{ \"version\": 1,\n \"rulse\": [] }");

        var bad = await _cimstore.RunExactlyAsync(null, "translate", "--rules", wrong, "--json");

        Assert.Empty(good.Text);
        Assert.Equal(1, bad.ExitCode);
        Assert.Equal(
            ("error", 2, 2),
            (bad.Json.GetProperty("severity").GetString(), bad.Json.GetProperty("line").GetInt32(),
                bad.Json.GetProperty("column").GetInt32()));
        (await _cimstore.RunExactlyAsync(null, "translate", "--rules", "absent.json")).Fails(3, "absent.json");
    }

    [Fact]
    public async Task What_would_be_done_is_shown_and_not_done()
    {
        var file = _cimstore.Write("event.json", """{ "id": 7, "text": "hello" }""");
        string[] command = ["translate", "--rules", RuleFile, "--subject", "billing.eu.Kept"];

        var shown = (await _cimstore.RunExactlyAsync(null, [.. command, "--event", file])).Ok();
        var json = (await _cimstore.RunExactlyAsync(
            await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken), [.. command, "--json"])).Ok();
        var dead = await _cimstore.RunExactlyAsync("{}"u8.ToArray(), command);

        Assert.StartsWith("store\tsizeBytes=5\t", shown.Lines[0], StringComparison.Ordinal);
        Assert.Contains("\tclass=ephemeral\t", shown.Lines[0], StringComparison.Ordinal);
        Assert.Contains("\tname=latest", shown.Lines[1], StringComparison.Ordinal);
        Assert.Equal("commands", json.Json.GetProperty("outcome").GetString());
        Assert.Equal(2, json.Json.GetProperty("commands").GetArrayLength());
        Assert.Equal(1, dead.ExitCode);
        Assert.StartsWith("dead-letter\tfield-missing\t/text: nothing is there", dead.Text, StringComparison.Ordinal);
        (await _cimstore.RunExactlyAsync("{"u8.ToArray(), command)).Fails(4, "malformed-body");
        Assert.False(Directory.Exists(_cimstore.Data));
    }

    [Fact]
    public async Task Our_events_are_shown_in_the_words_of_the_templates()
    {
        var cid = (await _cimstore.RunAsync("put", _cimstore.Write("file", "hello"))).Ok().Cid;
        var envelopes = (await _cimstore.RunAsync("events", "--json")).Ok().Output;

        var told = (await _cimstore.RunExactlyAsync(envelopes, "translate", "--rules", RuleFile, "--back")).Ok();

        Assert.Equal($"archive.kept\t[\"{cid}\",5]", Assert.Single(told.Lines));
    }

    [Fact]
    public async Task Dead_letters_of_a_node_are_listed_shown_replayed_and_removed()
    {
        string first, second;
        await using (var served = await ServedStore.StartAsync(
            _cimstore, $"{{ \"translation\": \"{RuleFile}\" }}"))
        {
            first = await PostAsync(served, "billing.eu.Saved", "{ \"text\":\n\"hello\" }");
            second = await PostAsync(served, "billing.eu.Lost", """{ "a": "\ud800" }""");

            var list = (await _cimstore.RunAsync("dead-letters", "list")).Ok();
            var show = (await _cimstore.RunAsync("dead-letters", "show", first)).Ok();
            var json = (await _cimstore.RunAsync("dead-letters", "show", second, "--json")).Ok();
            var replay = await _cimstore.RunAsync("dead-letters", "replay", first);

            Assert.Equal([first, second], list.Lines.Select(line => line.Split('\t')[0]));
            Assert.Contains("\tbilling.eu.Saved\tno-rule\tNo rule takes", list.Lines[0], StringComparison.Ordinal);
            Assert.Equal("{ \"text\": \"hello\" }\n", show.Text);
            Assert.Contains("no-rule: No rule takes the subject", show.Error, StringComparison.Ordinal);
            Assert.EndsWith("\"event\":{ \"a\": \"\\ud800\" }}\n", json.Text, StringComparison.Ordinal);
            Assert.Equal((1, "kept"), (replay.ExitCode, replay.Lines[0].Split('\t')[1]));
        }

        // Without the node: the directory, with other rules.
        var rules = _cimstore.Write("other.json", Rules.Replace("*.Kept", "*.Saved", StringComparison.Ordinal));
        var config = _cimstore.Write("other-node.json", $"{{ \"translation\": \"{rules}\" }}");
        var accepted = (await _cimstore.RunAsync("dead-letters", "replay", first, "--config", config)).Ok();
        (await _cimstore.RunAsync("dead-letters", "rm", second)).Fails(2, "--yes");
        var dry = (await _cimstore.RunAsync("dead-letters", "rm", "--dry-run", second)).Ok();
        var removed = (await _cimstore.RunAsync("dead-letters", "rm", "--yes", second)).Ok();

        Assert.Equal($"{first}\taccepted\n", accepted.Text);
        Assert.Equal("hello", (await _cimstore.RunAsync(
            "cat", (await _cimstore.RunAsync("name", "get", "latest")).Ok().Cid)).Ok().Text);
        Assert.Equal($"{second}\twould-be-removed\n", dry.Text);
        Assert.Equal($"{second}\tremoved\n", removed.Text);
        Assert.Empty((await _cimstore.RunAsync("dead-letters", "list")).Ok().Lines);
        (await _cimstore.RunAsync("dead-letters", "show", second)).Fails(3, "no dead letter");
        Assert.Equal(1, (await _cimstore.RunAsync("dead-letters", "rm", "--yes", second)).ExitCode);
        (await _cimstore.RunAsync("dead-letters", "replay", second)).Fails(4, "no-translation");
    }

    [Fact]
    public async Task A_node_is_not_started_with_rules_that_are_refused()
    {
        var rules = _cimstore.Write("wrong.json", """{ "version": 3 }""");
        var config = _cimstore.Write("node.json", $"{{ \"translation\": \"{rules}\" }}");

        (await _cimstore.RunAsync("serve", "--config", config)).Fails(4, $"{rules}:1:14: error: Found 3");
    }

    public void Dispose() => _cimstore.Dispose();

    private static async Task<string> PostAsync(ServedStore served, string subject, string body)
    {
        using var http = new HttpClient();
        using var answer = await http.PostAsync(
            $"{served.Address}/api/v1/foreign/{subject}", new StringContent(body, Encoding.UTF8, "application/json"),
            TestContext.Current.CancellationToken);
        var json = JsonElement.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        return json.GetProperty("dead_letter").GetString()!;
    }
}
