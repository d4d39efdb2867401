using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using CimStore.Engine;
using CimStore.Http;
using CimStore.Locations;
using CimStore.Nats;
using CimStore.Nats.Foreign;
using CimStore.Objects;
using CimStore.Testing.Servers;
using CimStore.Translation;
using Microsoft.Extensions.Logging.Abstractions;
using NATS.Client.Core;
using NATS.Client.JetStream;
using NATS.Client.JetStream.Models;
using Xunit;

namespace CimStore.Adapters.Tests.Nats;

/// <summary>Events of other contexts on a real server, before what translates them: docs/nats.md.</summary>
[Trait("row", "G4")]
public sealed class ForeignIntakeTests : IAsyncLifetime
{
    private static readonly IdSource Ids = new(TimeProvider.System);

    /// <summary>What the handler was given; it fails as often as is said for the text.</summary>
    private readonly ConcurrentQueue<(string Subject, string Text, string? Actor)> _given = new();
    private readonly ConcurrentDictionary<string, int> _failures = new();
    private NatsServers? _servers;
    private NatsLink? _link;
    private NatsConnection? _client;
    private int _running;
    private int _runningMost;
    private TimeSpan _takes = TimeSpan.Zero;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _servers = await NatsServers.StartAsync();
        _link = await NatsLink.OpenAsync(new NatsOptions { Servers = _servers.Urls }, null, CancellationToken.None);
        _client = new NatsConnection(new NatsOpts { Url = _servers.Url().ToString() });
    }

    public async ValueTask DisposeAsync()
    {
        await _client!.DisposeAsync();
        await _link!.DisposeAsync();
        await _servers!.DisposeAsync();
    }

    [Fact]
    public async Task An_event_that_several_rules_take_is_given_once_also_with_two_nodes()
    {
        await using var one = await StartAsync(null, "billing.*.Kept", "billing.eu.*", "billing.eu.Kept", ">");
        await using var two = await StartAsync(null, "billing.*.Kept", "billing.eu.*", "billing.eu.Kept");
        await using var three = await StartAsync(null, "orders.*.Kept", "orders.eu.*");

        for (var number = 0; number < 20; number++)
        {
            await RequestAsync("billing.eu.Kept", $"b{number}");
            await RequestAsync("orders.eu.Kept", $"o{number}");
        }

        Assert.Equal([">"], one.Subjects);
        Assert.Equal(2, three.Subjects.Count);
        // Whatever was delivered twice would have been given by the time that as many answers came.
        Assert.Equal(40, _given.Select(given => given.Text).Distinct().Count());
        Assert.Equal(40, _given.Count);
    }

    [Fact]
    public async Task A_request_is_answered_at_once_and_a_publish_is_tried_again()
    {
        await using var intake = await StartAsync(null, "billing.>");
        _failures["asked"] = 1;
        _failures["told"] = 2;

        var first = await RequestAsync("billing.Asked", "asked");
        var second = await RequestAsync("billing.Asked", "asked", new NatsHeaders { ["X-Actor"] = "a%20b" });
        await _client!.PublishAsync("billing.Told", "told", cancellationToken: Token);
        await UntilAsync(() => _given.Count(given => given.Text == "told") == 3);

        Assert.Equal("offline", first.Body.GetProperty("code").GetString());
        Assert.Equal("offline", first.Headers["Nats-Service-Error"].ToString());
        Assert.Equal("Accepted", second.Body.GetProperty("status").GetString());
        Assert.Equal("a b", _given.Last(given => given.Text == "asked").Actor);
        Assert.Equal(second.Body.GetProperty("command_id").GetString(), second.Headers["X-Command-ID"].ToString());
    }

    [Fact]
    public async Task What_nobody_would_hear_of_is_told_in_the_stream_of_dead_letters()
    {
        await using var intake = await StartAsync(options => options.PlainPatience = TimeSpan.Zero, ">");
        _failures["lost"] = int.MaxValue;

        await _client!.PublishAsync("billing.Dead", "dead", cancellationToken: Token);
        await _client!.PublishAsync("billing.Lost", "lost", cancellationToken: Token);
        await _client!.PublishAsync("billing.Bad", "malformed", cancellationToken: Token);
        var letters = new Dictionary<string, INatsJSMsg<string>>();
        var consumer = await new NatsJSContext(_client!).CreateOrderedConsumerAsync(
            "CIM-DEAD-LETTERS", cancellationToken: Token);
        await foreach (var letter in consumer.ConsumeAsync<string>(cancellationToken: Token))
        {
            letters[letter.Subject] = letter;
            if (letters.Count == 3)
            {
                break;
            }
        }

        var dead = letters["deadletters.storage.no-rule"];
        Assert.Equal("dead", dead.Data);
        Assert.Equal("billing.Dead", dead.Headers!["X-Subject"].ToString());
        Assert.Equal("no rule%0A%C3%A9", dead.Headers!["X-Reason"].ToString());
        Assert.Equal("true", dead.Headers!["X-Kept"].ToString());
        Assert.Equal("false", letters["deadletters.storage.offline"].Headers!["X-Kept"].ToString());
        Assert.Equal("malformed", letters["deadletters.storage.malformed-body"].Data);

        // A rule on all subjects sees what was published there, and must not take it.
        Assert.DoesNotContain(_given, given => given.Subject.StartsWith("deadletters", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_durable_intake_loses_nothing_while_no_node_is_there_and_gives_again_what_failed()
    {
        var stream = new NatsJSContext(_client!);
        await stream.CreateStreamAsync(new StreamConfig("BILLING", ["billing.>"]), Token);
        await using (await StartDurableAsync())
        {
            await stream.PublishAsync("billing.a", "before", cancellationToken: Token);
            await UntilAsync(() => _given.Any(given => given.Text == "before"));
        }

        _failures["away"] = 3;
        await stream.PublishAsync("billing.a", "away", cancellationToken: Token);
        await stream.PublishAsync("billing.a", "dead", cancellationToken: Token);
        await using var intake = await StartDurableAsync();
        await UntilAsync(() => _given.Count(given => given.Text == "away") == 4);
        await UntilAsync(async () => (await ConsumerAsync(stream)).NumAckPending == 0);

        Assert.Empty(intake.Subjects);
        Assert.Null(intake.Failure);
        Assert.Single(_given, given => given.Text == "before");
        Assert.Single(_given, given => given.Text == "dead");
        Assert.Equal(3UL, (await ConsumerAsync(stream)).AckFloor.StreamSeq);
        Assert.Equal(1L, (await stream.GetStreamAsync("CIM-DEAD-LETTERS", cancellationToken: Token))
            .Info.State.Messages);
    }

    [Fact]
    public async Task One_that_takes_long_is_not_given_again_and_no_more_than_may_be_are_worked_on()
    {
        var stream = new NatsJSContext(_client!);
        await stream.CreateStreamAsync(new StreamConfig("BILLING", ["billing.>"]), Token);
        _takes = TimeSpan.FromMilliseconds(900);
        await using var intake = await StartDurableAsync(options =>
        {
            options.EventsInFlightMax = 2;
            options.AckWait = TimeSpan.FromMilliseconds(500);
        });

        for (var number = 0; number < 4; number++)
        {
            await stream.PublishAsync("billing.a", $"n{number}", cancellationToken: Token);
        }

        await UntilAsync(async () => (await ConsumerAsync(stream)).AckFloor.StreamSeq == 4);
        Assert.Equal(4, _given.Count);
        Assert.Equal(2, _runningMost);
    }

    [Fact]
    public async Task A_stream_that_is_not_there_is_said_and_taken_when_it_comes()
    {
        await using var intake = await StartDurableAsync();
        await UntilAsync(() => intake.Failure?.Contains("stream not found", StringComparison.Ordinal) == true);

        var stream = new NatsJSContext(_client!);
        await stream.CreateStreamAsync(new StreamConfig("BILLING", ["billing.>"]), Token);
        await stream.PublishAsync("billing.a", "late", cancellationToken: Token);
        await UntilAsync(() => _given.Any(given => given.Text == "late"));

        Assert.Null(intake.Failure);
    }

    private static async Task UntilAsync(Func<bool> holds)
    {
        while (!holds())
        {
            await Task.Delay(20, Token);
        }
    }

    private static async Task UntilAsync(Func<Task<bool>> holds)
    {
        while (!await holds())
        {
            await Task.Delay(20, Token);
        }
    }

    private static async Task<ConsumerInfo> ConsumerAsync(NatsJSContext stream) =>
        (await stream.GetConsumerAsync("BILLING", ForeignIntakeOptions.QueueGroup, Token)).Info;

    private static SubjectPattern Pattern(string text) =>
        SubjectPattern.TryParse(text, out var pattern, out _) ? pattern : throw new ArgumentException(text);

    private Task<ForeignIntake> StartDurableAsync(Action<ForeignIntakeOptions>? configure = null) => StartAsync(
        options =>
        {
            options.Stream = "BILLING";
            options.StreamSubject = Pattern("billing.>");
            configure?.Invoke(options);
        },
        "billing.*");

    private async Task<ForeignIntake> StartAsync(Action<ForeignIntakeOptions>? configure, params string[] rules)
    {
        var options = new ForeignIntakeOptions { RetryAfter = TimeSpan.FromMilliseconds(20) };
        configure?.Invoke(options);
        return await ForeignIntake.StartAsync(
            _link!, HandleAsync, rules.Select(Pattern), options, TimeProvider.System, Ids, NullLogger.Instance, Token);
    }

    private async Task<(JsonElement Body, NatsHeaders Headers)> RequestAsync(
        string subject, string text, NatsHeaders? headers = null)
    {
        var answer = await _client!.RequestAsync<string, byte[]>(subject, text, headers, cancellationToken: Token);
        return (JsonElement.Parse(answer.Data!), answer.Headers!);
    }

    private async ValueTask<WireTypes.ForeignAcknowledgement> HandleAsync(
        string subject, System.Buffers.ReadOnlySequence<byte> body, string? actor, CancellationToken cancellationToken)
    {
        var text = Encoding.UTF8.GetString(body);
        lock (_given)
        {
            _runningMost = Math.Max(_runningMost, ++_running);
        }

        _given.Enqueue((subject, text, actor));
        await Task.Delay(_takes, cancellationToken);
        lock (_given)
        {
            _running--;
        }

        if (_failures.TryGetValue(text, out var left) && left > 0)
        {
            _failures[text] = left - 1;
            throw new LocationException(LocationFault.Offline, "The disk is away.");
        }

        if (text == "malformed")
        {
            throw new RefusedException(new Refusal("malformed-body", "The event is no JSON."));
        }

        var id = Ids.Next();
        return text == "dead"
            ? new()
            {
                CommandId = id, CorrelationId = id, Status = "Rejected", Code = "no-rule", Reason = "no rule\né",
                DeadLetter = "0123",
            }
            : new() { CommandId = id, CorrelationId = id, Status = "Accepted" };
    }
}
