using System.Text.Json;
using CimStore.Server.Configuration;
using CimStore.Server.Http;
using CimStore.Server.Tests.Http;
using CimStore.Testing.Servers;
using Microsoft.Extensions.DependencyInjection;
using NATS.Client.Core;
using NATS.Client.JetStream;
using Xunit;

namespace CimStore.Server.Tests.Messaging;

public sealed class NatsWorkerTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("row", "G1")]
    [Trait("row", "G2")]
    public async Task A_node_serves_without_NATS_says_so_and_catches_up_when_it_is_there()
    {
        await using var servers = await NatsServers.StartAsync();
        servers.Kill(0);
        await using var node = await RunningNode.StartAsync(nats: new NatsConfiguration { Servers = servers.Urls });

        var before = await node.Client.StoreAsync(
            System.IO.Pipelines.PipeReader.Create(new("kept"u8.ToArray())), Engine.StoreRequest.Default, Token);
        var away = await HealthAsync(node, status => status == Readiness.Degraded);
        await servers.StartAsync(0);
        var back = await HealthAsync(node, status => status == Readiness.Healthy);
        await using var client = new NatsConnection(new NatsOpts { Url = servers.Url().ToString() });
        var answer = await client.RequestAsync<string, byte[]>(
            "commands.storage.stat", $$"""{"cid":"{{before.Cid}}"}""", cancellationToken: Token);

        Assert.All(["nats-commands", "nats-events"], name => Assert.Contains(name, away));
        Assert.Equal(Readiness.Healthy, back["nats-events"]);
        Assert.Equal(
            "Accepted", JsonDocument.Parse(answer.Data!).RootElement.GetProperty("status").GetString());
        var stream = await new NatsJSContext(client).GetStreamAsync("CIM-EVENTS", cancellationToken: Token);
        Assert.True(stream.Info.State.Messages >= 1);
    }

    [Fact]
    public async Task A_node_without_the_section_has_no_check_of_it()
    {
        await using var node = await RunningNode.StartAsync();

        var health = await node.Host.Services.GetRequiredService<Readiness>().CheckAsync(Token);

        Assert.DoesNotContain(health.Checks, check => check.Name.StartsWith("nats", StringComparison.Ordinal));
    }

    [Fact]
    [Trait("row", "B12")]
    public void The_gauges_of_the_outbox_show_what_was_measured_last()
    {
        var shown = new Dictionary<string, double>();
        using var metrics = new Nats.Events.OutboxMetrics(null);
        using var listener = new System.Diagnostics.Metrics.MeterListener();
        listener.InstrumentPublished = (instrument, own) =>
        {
            if (instrument.Name.StartsWith("cimstore.outbox", StringComparison.Ordinal))
            {
                own.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => shown[instrument.Name] = value);
        listener.SetMeasurementEventCallback<double>((instrument, value, _, _) => shown[instrument.Name] = value);
        listener.Start();

        metrics.Measured(new Nats.Events.OutboxLag(7, TimeSpan.FromSeconds(3)));
        listener.RecordObservableInstruments();

        Assert.Equal((7.0, 3.0), (shown["cimstore.outbox.events"], shown["cimstore.outbox.lag"]));
    }

    [Fact]
    public async Task A_stream_that_captures_commands_is_named_with_what_helps()
    {
        await using var servers = await NatsServers.StartAsync();
        await using var client = new NatsConnection(new NatsOpts { Url = servers.Url().ToString() });
        var streams = new NatsJSContext(client);
        await streams.CreateStreamAsync(new("ALL-COMMANDS", ["commands.>"]), Token);
        await streams.CreateStreamAsync(new("OTHERS", ["command.>", "orders.commands.>"]), Token);
        await using var node = await RunningNode.StartAsync(
            nats: new NatsConfiguration { Servers = servers.Urls, Events = false });

        while (true)
        {
            var health = await node.Host.Services.GetRequiredService<Readiness>().CheckAsync(Token);
            if (health.Checks.FirstOrDefault(check => check.Name == "nats-capture") is { } found)
            {
                Assert.Equal(Readiness.Degraded, found.Status);
                Assert.Contains("ALL-COMMANDS captures commands.>", found.Detail, StringComparison.Ordinal);
                Assert.Contains("--subjects", found.Detail, StringComparison.Ordinal);
                Assert.DoesNotContain("OTHERS", found.Detail, StringComparison.Ordinal);
                return;
            }

            await Task.Delay(20, Token);
        }
    }

    [Theory]
    [InlineData("commands.>", true)]
    [InlineData(">", true)]
    [InlineData("*.storage.store", true)]
    [InlineData("commands.*.*", true)]
    [InlineData("commands.storage.store", true)]
    [InlineData("commands.storage.store.>", false)]
    [InlineData("commands.storage", false)]
    [InlineData("command.>", false)]
    public void Patterns_overlap_where_one_subject_fits_both(string subject, bool overlaps)
    {
        Assert.Equal(overlaps, Nats.Commands.CommandCapture.Overlap(subject, "commands.storage.store"));
        Assert.Equal(overlaps, Nats.Commands.CommandCapture.Overlap("commands.storage.store", subject));
    }

    [Fact]
    public void The_section_is_read()
    {
        Environment.SetEnvironmentVariable("CIM_TEST_NATS_SEED", "SUAM");
        var nats = Configuration.Configured.Read(
            """
            { "nats": { "servers": ["nats://a:4222", "tls://b:4222"], "seedReference": "env:CIM_TEST_NATS_SEED",
                "events": false, "profile": "alchemist", "deadlineDefault": "5s", "eventFormat": "dag-cbor" } }
            """).Nats!;

        Assert.Equal(2, nats.Servers.Count);
        Assert.True(nats.Commands);
        Assert.False(nats.Events);
        Assert.Equal("persistence.commands.object.store", nats.Service.Profile.CommandSubject("store"));
        Assert.Equal(TimeSpan.FromSeconds(5), nats.Service.DeadlineDefault);
        Assert.IsType<Nats.NatsCredential.NKey>(nats.ToOptions("x").Credential);
    }

    private static async Task<Dictionary<string, string>> HealthAsync(RunningNode node, Func<string, bool> holds)
    {
        while (true)
        {
            var health = await node.Host.Services.GetRequiredService<Readiness>().CheckAsync(Token);
            var checks = health.Checks.Where(check => check.Name.StartsWith("nats", StringComparison.Ordinal))
                .ToDictionary(check => check.Name, check => check.Status);
            if (checks.Count == 2 && checks.Values.All(holds))
            {
                return checks;
            }

            await Task.Delay(50, Token);
        }
    }
}
