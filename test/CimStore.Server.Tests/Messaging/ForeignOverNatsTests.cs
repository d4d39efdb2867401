using System.Text.Json;
using CimStore.Engine;
using CimStore.Nats.Foreign;
using CimStore.Objects;
using CimStore.Server.Configuration;
using CimStore.Server.Foreign;
using CimStore.Server.Http;
using CimStore.Server.Tests.Http;
using CimStore.Testing.Servers;
using CimStore.Translation;
using Microsoft.Extensions.DependencyInjection;
using NATS.Client.Core;
using NATS.Client.JetStream;
using NATS.Client.JetStream.Models;
using Xunit;

namespace CimStore.Server.Tests.Messaging;

/// <summary>Events of other contexts reach the storage of a node over a real server.</summary>
[Trait("row", "G4")]
public sealed class ForeignOverNatsTests : IDisposable
{
    private const string Rules = """
        { "version": 1, "source": "billing",
          "rules": [
            { "name": "kept", "subject": "billing.*.Kept", "identity": { "message": { "at": "/id" } },
              "commands": [{ "command": "store", "content": { "at": "/text", "as": "text" } }] } ] }
        """;

    private readonly string _rules = Path.GetTempFileName();

    public ForeignOverNatsTests() => File.WriteAllText(_rules, Rules);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => File.Delete(_rules);

    [Fact]
    public async Task A_request_is_translated_and_acknowledged_and_twice_is_once()
    {
        await using var servers = await NatsServers.StartAsync();
        await using var node = await StartAsync(servers, durable: false);
        await using var client = new NatsConnection(new NatsOpts { Url = servers.Url().ToString() });
        const string Event = """{ "id": "k-1", "text": "hello" }""";

        var first = await RequestAsync(client, "billing.eu.Kept", Event);
        var second = await RequestAsync(client, "billing.eu.Kept", Event);
        var dead = await RequestAsync(client, "billing.eu.Kept", """{ "id": "k-2" }""");

        Assert.Equal(("Accepted", "kept"), (Text(first, "status"), Text(first, "rule")));
        Assert.Equal(Text(first, "command_id"), Text(second, "command_id"));
        Assert.Equal(1, await node.Engine.EventsAsync(Lsn.None, false, Token).CountAsync(Token));
        Assert.Equal(("Rejected", "field-missing"), (Text(dead, "status"), Text(dead, "code")));
        var box = node.Host.Services.GetRequiredService<ForeignIngress>().Box;
        Assert.Equal(Text(dead, "dead_letter"), Assert.Single(box.List(null, 9)).Id);
        var letter = await new NatsJSContext(client).GetStreamAsync("CIM-DEAD-LETTERS", cancellationToken: Token);
        Assert.Equal(1L, letter.Info.State.Messages);
    }

    [Fact]
    public async Task What_was_published_to_the_stream_while_the_node_was_away_is_done_once()
    {
        await using var servers = await NatsServers.StartAsync();
        await using var client = new NatsConnection(new NatsOpts { Url = servers.Url().ToString() });
        var stream = new NatsJSContext(client);
        await stream.CreateStreamAsync(new StreamConfig("BILLING", ["billing.>"]), Token);
        const string Event = """{ "id": "k-1", "text": "hello" }""";
        await stream.PublishAsync("billing.eu.Kept", Event, cancellationToken: Token);
        await stream.PublishAsync("billing.eu.Kept", Event, cancellationToken: Token);
        await stream.PublishAsync("billing.eu.Lost", "1", cancellationToken: Token);
        await stream.PublishAsync("billing.eu.Kept", "no JSON", cancellationToken: Token);

        await using var node = await StartAsync(servers, durable: true);
        while ((await ConsumerAsync(stream))?.AckFloor.StreamSeq != 4)
        {
            await Task.Delay(20, Token);
        }

        Assert.Equal(1, await node.Engine.EventsAsync(Lsn.None, false, Token).CountAsync(Token));
        var box = node.Host.Services.GetRequiredService<ForeignIngress>().Box;
        Assert.Equal("no-rule", Assert.Single(box.List(null, 9)).Code);
        var letters = await stream.GetStreamAsync("CIM-DEAD-LETTERS", cancellationToken: Token);
        Assert.Equal(2L, letters.Info.State.Messages);
    }

    [Fact]
    public async Task Without_rules_it_does_not_start()
    {
        var refused = await Assert.ThrowsAsync<RefusedException>(() => RunningNode.StartAsync(
            nats: new NatsConfiguration { Servers = [new Uri("nats://127.0.0.1:1")], Foreign = true }));

        Assert.Equal("no-translation", refused.Refusal.Code);
    }

    [Fact]
    public void The_keys_are_read()
    {
        var nats = Configuration.Configured.Read(
            """
            { "nats": { "servers": ["nats://a:4222"], "foreign": true, "foreignEventsInFlightMax": 1,
                "foreignStream": "BILLING", "foreignSubject": "billing.>", "profile": "alchemist" } }
            """).Nats!;

        Assert.True(nats.Foreign);
        Assert.Equal((1, "BILLING", "billing.>"), (
            nats.Intake.EventsInFlightMax, nats.Intake.Stream, nats.Intake.StreamSubject!.Text));
        Assert.Equal("persistence.deadletters.storage.>", nats.Intake.Profile.DeadLetterStream.Subject);
    }

    private static string? Text(JsonElement json, string member) => json.GetProperty(member).GetString();

    private static async Task<JsonElement> RequestAsync(NatsConnection client, string subject, string text) =>
        JsonElement.Parse(
            (await client.RequestAsync<string, byte[]>(subject, text, cancellationToken: Token)).Data!);

    private static async Task<ConsumerInfo?> ConsumerAsync(NatsJSContext stream)
    {
        try
        {
            return (await stream.GetConsumerAsync("BILLING", ForeignIntakeOptions.QueueGroup, Token)).Info;
        }
        catch (NatsJSApiException)
        {
            return null;
        }
    }

    private async Task<RunningNode> StartAsync(NatsServers servers, bool durable)
    {
        _ = SubjectPattern.TryParse("billing.>", out var subject, out _);
        var node = await RunningNode.StartAsync(
            options => options.Translation = _rules,
            nats: new NatsConfiguration
            {
                Servers = servers.Urls,
                Commands = false,
                Events = false,
                Foreign = true,
                Intake = durable
                    ? new ForeignIntakeOptions { Stream = "BILLING", StreamSubject = subject }
                    : new ForeignIntakeOptions(),
            });
        while (true)
        {
            var health = await node.Host.Services.GetRequiredService<Readiness>().CheckAsync(Token);
            if (health.Checks.Single(check => check.Name == "nats-foreign").Status == Readiness.Healthy)
            {
                return node;
            }

            await Task.Delay(20, Token);
        }
    }
}
