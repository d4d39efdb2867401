using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using CimStore.Engine;
using CimStore.Http;
using CimStore.Objects;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace CimStore.Server.Tests.Http;

/// <summary>Events of other contexts over HTTP: docs/translation.md from outside.</summary>
[Trait("row", "G4")]
public sealed class ForeignTests : IDisposable
{
    private const string Rules = """
        {
          "version": 1, "source": "billing",
          "consistency": { "keep": { "class": "ephemeral", "level": "strong" } },
          "rules": [
            { "name": "kept", "subject": "billing.*.Kept", "identity": { "message": { "at": "/id", "optional": true } },
              "commands": [
                { "command": "store", "content": { "at": "/text", "as": "text" },
                  "consistency": { "at": "/guarantee", "default": "keep" } },
                { "command": "setName", "name": { "at": "/name", "default": "latest" } } ] },
            { "name": "read", "subject": "billing.Read", "identity": { "message": { "at": "/id" } },
              "commands": [{ "command": "retrieve", "cid": { "at": "/cid" } }] },
            { "name": "moved", "subject": "billing.Moved", "identity": { "message": { "at": "/id" } },
              "commands": [{ "command": "migrate", "cid": { "at": "/cid" }, "tier": "cold" }] },
          ],
          "templates": [
            { "event": "storage.stored", "subject": "archive.{{tier}}.kept",
              "body": { "id": "{{cid}}", "of": "{{actor}}" } },
          ],
        }
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("cimstore-foreign-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Letters => Path.Combine(_folder, "data", "dead-letters");

    [Fact]
    public async Task An_event_is_translated_done_and_acknowledged()
    {
        await using var node = await StartAsync();

        using var answer = await PostAsync(node, "billing.eu.Kept", """{ "id": "k-1", "text": "hello" }""");

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var json = JsonElement.Parse(await answer.Content.ReadAsStringAsync(Token));
        Assert.Equal(
            ("Accepted", "kept", "Strong"),
            (json.GetProperty("status").GetString(), json.GetProperty("rule").GetString(),
                json.GetProperty("receipt").GetProperty("level").GetString()));
        Assert.Equal(json.GetProperty("command_id").GetString(), json.GetProperty("correlation_id").GetString());
        var commands = json.GetProperty("commands").EnumerateArray().ToList();
        Assert.Equal(["store", "setName"], commands.Select(command => command.GetProperty("command").GetString()));
        Assert.Equal(5, commands[0].GetProperty("size_bytes").GetInt64());
        var cid = commands[0].GetProperty("cid").GetString();
        Assert.Equal("hello", await node.Http.GetStringAsync($"/api/v1/content/{cid}", Token));
        Assert.Equal(cid, (await node.Client.FindNameAsync(NamespaceId.Default, "latest", Token))!.Cid.ToString());
        Assert.Equal(8, Guid.Parse(json.GetProperty("command_id").GetString()!).Version);
    }

    [Fact]
    public async Task An_event_that_is_delivered_twice_takes_effect_once()
    {
        await using var node = await StartAsync();
        const string Event = """{ "id": "k-1", "text": "hello" }""";

        var first = await AnswerAsync(node, "billing.eu.Kept", Event);
        var second = await AnswerAsync(node, "billing.eu.Kept", Event);
        var other = await AnswerAsync(node, "billing.eu.Kept", """{ "id": "k-1", "text": "other" }""");

        Assert.Equal(first.CommandId, second.CommandId);
        Assert.True(second.Commands[0].Replayed);
        Assert.Equal(2, await node.Engine.EventsAsync(Lsn.None, false, Token)
            .CountAsync(entry => entry.Event is not StorageEvent.Failed, Token));
        Assert.Equal(("Rejected", "message-id-reused"), (other.Status, other.Code));
        Assert.Null(other.DeadLetter);
    }

    [Fact]
    public async Task Small_content_is_answered_with_its_bytes()
    {
        await using var node = await StartAsync();
        var stored = await node.Engine.StoreAsync(
            System.IO.Pipelines.PipeReader.Create(new MemoryStream("hi"u8.ToArray())), StoreRequest.Default, Token);

        var answer = await AnswerAsync(node, "billing.Read", $$"""{ "id": 7, "cid": "{{stored.Cid}}" }""");

        Assert.Equal("hi"u8, answer.Commands[0].Content!.Value.Span);
    }

    [Fact]
    public async Task What_the_storage_cannot_do_is_rejected_and_no_dead_letter()
    {
        await using var node = await StartAsync();
        var kept = await AnswerAsync(node, "billing.eu.Kept", """{ "text": "hello" }""");

        var answer = await AnswerAsync(
            node, "billing.Moved", $$"""{ "id": 7, "cid": "{{kept.Commands[0].Cid}}" }""");

        Assert.Equal(("Rejected", "no-location"), (answer.Status, answer.Code));
        Assert.Empty(await LettersAsync(node));
    }

    [Theory]
    [InlineData("billing.eu.Lost", """{ "a": [ 1.50, "\ud800" ] }""", "no-rule", null)]
    [InlineData("billing.eu.Kept", """{ "text": 5 }""", "field-invalid", "kept")]
    [InlineData("billing.eu.Kept", """{ "text": "x", "guarantee": "gold" }""", "field-invalid", "kept")]
    [InlineData("billing..Kept", "1", "subject-invalid", null)]
    public async Task What_cannot_be_translated_is_kept_with_its_reason(
        string subject, string foreign, string code, string? rule)
    {
        await using var node = await StartAsync();

        using var answer = await PostAsync(node, subject, foreign);

        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        var told = await ReadAsync(answer);
        Assert.Equal(("Rejected", code, rule), (told.Status, told.Code, told.Rule));
        Assert.NotEmpty(told.Reason!);
        var letter = Assert.Single(await LettersAsync(node));
        Assert.Equal((told.DeadLetter, subject, code, told.Reason, rule, 1),
            (letter.Id, letter.Subject, letter.Code, letter.Reason, letter.Rule, letter.Attempts));
        using var letters = Client(node);
        var whole = (await letters.FindAsync(letter.Id, Token))!;
        Assert.Equal(foreign, Encoding.UTF8.GetString(whole.Event.Utf8.Span));
        Assert.True(File.Exists(Path.Combine(Letters, letter.Id + ".json")));
    }

    [Fact]
    public async Task Letters_are_in_the_order_in_which_they_came_whatever_the_clock_does()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 11, 27, 0, 0, 0, TimeSpan.Zero));
        var clock = new Testing.JumpingClock(time);
        var told = new List<string?>();
        await using (var node = await StartAsync(time: clock))
        {
            told.Add((await AnswerAsync(node, "x.a", "1")).DeadLetter);
            clock.Offset = TimeSpan.FromDays(-100);
            told.Add((await AnswerAsync(node, "x.a", "2")).DeadLetter);
            told.Add((await AnswerAsync(node, "x.a", "1")).DeadLetter);
        }

        await using var next = await StartAsync(time: clock);
        told.Add((await AnswerAsync(next, "x.a", "3")).DeadLetter);
        told.Add((await AnswerAsync(next, "x.a", "2")).DeadLetter);

        // The third and the fifth were kept already.
        Assert.Equal([told[0], told[1], told[3]], (await LettersAsync(next)).Select(letter => letter.Id));
        Assert.Equal((told[0], told[1]), (told[2], told[4]));
        var page = await next.Http.GetFromJsonAsync(
            $"/api/v1/dead-letters?after={told[0]}&limit=1", WireJson.Of<WireTypes.DeadLetterPage>(), Token);
        Assert.Equal((told[1], told[1]), (Assert.Single(page!.Items).Id, page.Next));
    }

    [Fact]
    public async Task When_the_bound_is_reached_the_sender_keeps_the_event()
    {
        await using var node = await StartAsync(limits => limits.DeadLettersMax = 1);
        var kept = await AnswerAsync(node, "x.a", "1");

        using var refused = await PostAsync(node, "x.a", "2");
        using var translated = await PostAsync(node, "billing.eu.Kept", """{ "text": "still" }""");
        var ready = await node.Http.GetStringAsync("/health/ready", Token);
        using var removed = await node.Http.DeleteAsync($"/api/v1/dead-letters/{kept.DeadLetter}", Token);
        using var taken = await PostAsync(node, "x.a", "2");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.NotNull(refused.Headers.RetryAfter);
        Assert.Equal("dead-letters-full", (await refused.Content.ReadFromJsonAsync(
            WireJson.Of<Problem>(), Token))!.Code);
        Assert.Equal(HttpStatusCode.OK, translated.StatusCode);
        Assert.Contains("as many as may be", ready, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NoContent, removed.StatusCode);
        Assert.Equal(HttpStatusCode.Accepted, taken.StatusCode);
    }

    [Fact]
    public async Task A_letter_is_replayed_with_the_rules_of_the_next_node()
    {
        var engine = new KeptOpen(await RunningNode.OpenEngineAsync());
        string id;
        await using (var node = await StartAsync(engine: engine))
        {
            id = (await AnswerAsync(node, "billing.eu.Saved", """{ "text": "hello" }""")).DeadLetter!;
            using var letters = Client(node);
            var still = (await letters.ReplayAsync(id, Token))!;
            Assert.Equal(("Rejected", "no-rule", id), (still.Status, still.Code, still.DeadLetter));
            Assert.Equal(2, Assert.Single(await LettersAsync(node)).Attempts);
        }

        await using var next = await StartAsync(
            rules: Rules.Replace("billing.*.Kept", "billing.*.Saved", StringComparison.Ordinal), engine: engine);
        using var client = Client(next);
        Assert.Equal(2, Assert.Single(await LettersAsync(next)).Attempts);
        var replayed = (await client.ReplayAsync(id, Token))!;

        // Its event has no id: the letter's own makes a second replay, after a lost answer, the same command.
        Assert.Equal(("Accepted", id), (replayed.Status, replayed.CommandId.Value.ToString("N")));
        Assert.Empty(await LettersAsync(next));
        Assert.Null(await client.ReplayAsync(id, Token));
        Assert.Null(await client.FindAsync(id, Token));
        Assert.False(await client.RemoveAsync(id, Token));
        Assert.NotNull(await engine.FindNameAsync(NamespaceId.Default, "latest", Token));
    }

    [Fact]
    public async Task A_letter_that_rotted_is_told_of_and_can_be_removed()
    {
        string id;
        await using (var node = await StartAsync())
        {
            id = (await AnswerAsync(node, "x.a", """{ "text": "hello" }""")).DeadLetter!;
        }

        var file = Path.Combine(Letters, id + ".json");
        var text = await File.ReadAllTextAsync(file, Token);
        await File.WriteAllTextAsync(file, text.Replace("hello", "jello", StringComparison.Ordinal), Token);
        await using var next = await StartAsync();
        using var client = Client(next);

        using var shown = await next.Http.GetAsync($"/api/v1/dead-letters/{id}", Token);
        Assert.Equal(HttpStatusCode.BadGateway, shown.StatusCode);
        Assert.Contains(
            $"The dead letter {id} cannot be read", await next.Http.GetStringAsync("/health/ready", Token),
            StringComparison.Ordinal);
        Assert.True(await client.RemoveAsync(id, Token));
        Assert.False(File.Exists(file));
    }

    [Theory]
    [InlineData("", 400, "malformed-body")]
    [InlineData("{", 400, "malformed-body")]
    [InlineData("""{ "a": 1, "a": 2 }""", 400, "malformed-body")]
    [InlineData("""{ "\ud800": 1, "\ud801": 2 }""", 400, "malformed-body")]
    [InlineData("// c\n1", 400, "malformed-body")]
    public async Task What_is_no_event_is_refused_and_not_kept(string body, int status, string code)
    {
        await using var node = await StartAsync();

        using var answer = await PostAsync(node, "x.a", body);

        Assert.Equal((status, code), ((int)answer.StatusCode, (await answer.Content.ReadFromJsonAsync(
            WireJson.Of<Problem>(), Token))!.Code));
        Assert.Empty(await LettersAsync(node));
    }

    [Fact]
    public async Task Size_and_depth_of_an_event_are_bounded()
    {
        await using var node = await StartAsync(limits => limits.ForeignEventSizeMaxBytes = 2 * 1024 * 1024);

        using var large = await PostAsync(node, "x.a", new string(' ', 2 * 1024 * 1024) + "1");
        using var deep = await PostAsync(node, "x.a", new string('[', 61) + new string(']', 61));
        using var fits = await PostAsync(
            node, "billing.eu.Kept", $$"""{ "text": "{{new string('x', 2_000_000)}}" }""");
        using var deepest = await PostAsync(node, "x.a", new string('[', 60) + new string(']', 60));

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, large.StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, deep.StatusCode);
        Assert.Equal(HttpStatusCode.OK, fits.StatusCode);
        Assert.Equal(2_000_000, (await ReadAsync(fits)).Commands[0].SizeBytes);
        using var letters = Client(node);
        var kept = await letters.FindAsync((await ReadAsync(deepest)).DeadLetter!, Token);
        Assert.Equal(120, kept!.Letter.SizeBytes);
    }

    [Fact]
    public async Task Our_events_are_told_through_the_templates()
    {
        await using var node = await StartAsync();
        var kept = await AnswerAsync(node, "billing.eu.Kept", """{ "text": "hello" }""");

        var feed = await node.Http.GetStringAsync("/api/v1/foreign-events?follow=false", Token);

        Assert.Equal(
            $"id: 1\nevent: archive.hot.kept\ndata: {{\"id\":\"{kept.Commands[0].Cid}\",\"of\":\"local\"}}\n\n", feed);
    }

    [Fact]
    public async Task A_node_without_rules_takes_no_event_and_one_with_wrong_rules_does_not_start()
    {
        await using var node = await RunningNode.StartAsync();
        using var refused = await PostAsync(node, "x.a", "1");
        Assert.Equal("no-translation", (await refused.Content.ReadFromJsonAsync(
            WireJson.Of<Problem>(), Token))!.Code);

        var wrong = await Assert.ThrowsAsync<RefusedException>(
            () => StartAsync(rules: "{ \"version\": 2,\n \"x\": 1 }"));
        Assert.Contains("rules.json:1:14: error: Found 2", wrong.Message, StringComparison.Ordinal);
        Assert.Contains("rules.json:2:2: error: The key \"x\" is unknown", wrong.Message, StringComparison.Ordinal);
        File.Delete(Path.Combine(_folder, "rules.json"));
        Assert.Throws<RefusedException>(() => CimStoreHost.Check(
            new ServerOptions { Translation = Path.Combine(_folder, "rules.json") }));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private Task<RunningNode> StartAsync(
        Action<ServerLimits>? configure = null, string rules = Rules, IStorageClient? engine = null,
        TimeProvider? time = null)
    {
        var path = Path.Combine(_folder, "rules.json");
        File.WriteAllText(path, rules);
        return RunningNode.StartAsync(
            options =>
            {
                options.DataDirectory = Path.Combine(_folder, "data");
                options.Translation = path;
                configure?.Invoke(options.Limits);
            },
            engine, time);
    }

    private static HttpDeadLetters Client(RunningNode node) =>
        new(new CimStoreHttpOptions { Address = node.Address });

    private static async Task<List<WireTypes.DeadLetterItem>> LettersAsync(RunningNode node)
    {
        using var letters = Client(node);
        return await letters.ListAsync(Token).ToListAsync(Token);
    }

    private static Task<HttpResponseMessage> PostAsync(RunningNode node, string subject, string body) =>
        node.Http.PostAsync(
            $"/api/v1/foreign/{Uri.EscapeDataString(subject)}",
            new StringContent(body, Encoding.UTF8, "application/json"), Token);

    private static async Task<WireTypes.ForeignAcknowledgement> AnswerAsync(
        RunningNode node, string subject, string body)
    {
        using var answer = await PostAsync(node, subject, body);
        return await ReadAsync(answer);
    }

    private static async Task<WireTypes.ForeignAcknowledgement> ReadAsync(HttpResponseMessage answer)
    {
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Token));
        return (await answer.Content.ReadFromJsonAsync(WireJson.Of<WireTypes.ForeignAcknowledgement>(), Token))!;
    }
}
