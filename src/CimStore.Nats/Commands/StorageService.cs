using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json.Nodes;
using CimStore.Engine;
using CimStore.Http;
using CimStore.Locations;
using CimStore.Objects;
using Microsoft.Extensions.Logging;
using NATS.Client.Core;
using NATS.Client.Services;

namespace CimStore.Nats.Commands;

/// <summary>
/// A node's commands as a NATS micro service: discoverable, in a queue group over nodes, by request and reply
/// (docs/nats.md). No stream captures the commands: its acknowledgement would answer before the node does.
/// </summary>
public sealed class StorageService : IAsyncDisposable
{
    public const string Name = "cimstore";

    /// <summary>Spans of commands, with the ids of D31.</summary>
    public const string ActivitySourceName = "CimStore.Nats";

    private static readonly ActivitySource Spans = new(ActivitySourceName);

    private readonly NatsLink _link;
    private readonly StorageServiceOptions _options;
    private readonly TimeProvider _time;
    private readonly IdSource _ids;
    private readonly ILogger _log;
    private readonly CommandGate _gate;
    private readonly ContentSender _sender;
    private readonly StorageCommands _commands;
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<long, Task> _running = new();
    private readonly ConcurrentDictionary<string, EndpointFigures> _figures = new();
    private INatsSvcServer? _server;
    private long _number;

    private StorageService(
        NatsLink link, IStorageClient client, StorageServiceOptions options, StagedObjects staged, TimeProvider time,
        IdSource ids, ILogger log)
    {
        (_link, _options, _time, _ids, _log) = (link, options, time, ids, log);
        _gate = new CommandGate(options.CommandsInFlightMax, options.BytesInFlightMax);
        _sender = new ContentSender(link, options, ids);
        _commands = new StorageCommands(client, staged, _sender);
    }

    /// <summary>Commands and bytes that are being worked on.</summary>
    public (int Commands, long Bytes) InFlight => _gate.InFlight;

    /// <param name="link">Stays the caller's.</param>
    /// <param name="client">What does the commands; stays the caller's.</param>
    /// <param name="options">Limits and names.</param>
    /// <param name="time">For deadlines.</param>
    /// <param name="ids">For commands that bring none, and for answers.</param>
    /// <param name="log">Told of commands.</param>
    /// <param name="cancellationToken">Stops starting.</param>
    /// <exception cref="LocationException">NATS does not answer, or keeps no streams.</exception>
    public static async ValueTask<StorageService> StartAsync(
        NatsLink link, IStorageClient client, StorageServiceOptions options, TimeProvider time, IdSource ids,
        ILogger log, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(link);
        ArgumentNullException.ThrowIfNull(options);
        var staged = new StagedObjects(link);
        if (link.Server.HasJetStream)
        {
            // Without JetStream there are commands, but no staged content.
            await staged.EnsureAsync(cancellationToken);
        }

        var service = new StorageService(link, client, options, staged, time, ids, log);
        try
        {
            await service.ListenAsync(cancellationToken);
            return service;
        }
        catch
        {
            await service.DisposeAsync();
            throw;
        }
    }

    /// <summary>Takes no more commands, and lets those that run end; after the patience they are cancelled.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_server is { } server)
        {
            await server.DisposeAsync();
        }

        var all = Task.WhenAll(_running.Values);
        await Task.WhenAny(all, Task.Delay(_options.StopPatience, _time));
        await _stopping.CancelAsync();
        await all;
        _stopping.Dispose();
    }

    private async ValueTask ListenAsync(CancellationToken cancellationToken)
    {
        var version = typeof(StorageService).Assembly.GetName().Version!.ToString(3);
        var configuration = new NatsSvcConfig(Name, version)
        {
            Description = "Content-addressed storage: docs/nats.md",
            QueueGroup = _options.QueueGroup,
            StatsHandler = endpoint => _figures.GetValueOrDefault(endpoint.Name)?.ToJson() ?? new JsonObject(),
        };
        _server = await new NatsSvcContext(_link.Connection).AddServiceAsync(configuration, cancellationToken);
        foreach (var verb in CommandVerb.All)
        {
            _figures[verb.EndpointName] = new EndpointFigures();

            // The library ends the endpoint with this token: it lives until the service is disposed.
            await _server.AddEndpointAsync<NatsMemoryOwner<byte>>(
                message => ReceiveAsync(verb, message), verb.EndpointName, _options.Profile.CommandSubject(verb.Name),
                cancellationToken: CancellationToken.None);
        }

        Log.CommandsAnswered(_log, _options.Profile.CommandSubject("*"), _options.QueueGroup);
    }

    /// <summary>
    /// The library awaits it before the next message of the endpoint: here is decided whether there is room, and the
    /// work goes on by itself.
    /// </summary>
    private async ValueTask ReceiveAsync(CommandVerb verb, NatsSvcMsg<NatsMemoryOwner<byte>> message)
    {
        // An answer with content is held as well, until it is sent.
        var bytes = message.Data.Length + (long)(verb == CommandVerb.Retrieve ? _sender.RoomBytes : 0);
        if (!_gate.TryEnter(bytes))
        {
            using var input = CommandInput.OfHeaders(verb, message.Headers);
            message.Data.Dispose();
            await RefuseAsync(message, verb, IdentityOf(input), ProblemTable.Describe(
                "busy",
                $"{_options.CommandsInFlightMax} commands or {_options.BytesInFlightMax} bytes are being worked on: "
                + "nothing was done, ask again a little later."));
            return;
        }

        // It begins when it is known: who stops the service waits for every one that runs.
        var known = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var number = Interlocked.Increment(ref _number);
        _running[number] = RunAsync(verb, message, bytes, number, known.Task);
        known.SetResult();
    }

    private async Task RunAsync(
        CommandVerb verb, NatsSvcMsg<NatsMemoryOwner<byte>> message, long bytes, long number, Task known)
    {
        await known;
        var started = _time.GetTimestamp();
        try
        {
            using var owner = message.Data;
            using var input = CommandInput.OfHeaders(verb, message.Headers);
            await AnswerAsync(verb, message, input, owner.Memory);
        }
        catch (Exception failure)
        {
            // The top of this loop: whatever it is, the gate must open again.
            Log.CommandFailed(_log, failure, verb.Name, "", "");
        }
        finally
        {
            _figures[verb.EndpointName].Add(_time.GetElapsedTime(started));
            _gate.Leave(bytes);
            _running.TryRemove(number, out _);
        }
    }

    private async ValueTask AnswerAsync(
        CommandVerb verb, NatsSvcMsg<NatsMemoryOwner<byte>> message, CommandInput input, ReadOnlyMemory<byte> payload)
    {
        var identity = CommandIdentity.None;
        ReadOnlyMemory<byte>? answer;
        Problem? problem = null;
        using var span = Spans.StartActivity($"storage.{verb.Name}", ActivityKind.Server);
        try
        {
            identity = IdentityOf(input);
            input.ReadBody(payload);
            identity = CommandRequests.IdentityOf(input, _ids);
            Tag(span, identity);
            answer = await DoInTimeAsync(input, identity, message.ReplyTo ?? "");
        }
        catch (Exception failure)
        {
            answer = null;
            problem = Describe(failure, verb, identity);
        }

        if (problem is not null)
        {
            span?.SetStatus(ActivityStatusCode.Error, problem.Code);
            await RefuseAsync(message, verb, identity, problem);
            return;
        }

        Log.CommandDone(
            _log, verb.Name, identity.MessageId!.Value.ToString(), CorrelationOf(identity), CommandAnswer.Accepted, "");
        if (answer is { } body && !string.IsNullOrEmpty(message.ReplyTo))
        {
            await SendAsync(verb, identity, token => message.ReplyAsync(
                body, CommandAnswer.Headers(identity, _ids, CommandAnswer.Accepted, CommandHeaders.Json),
                cancellationToken: token));
        }
    }

    private async ValueTask<ReadOnlyMemory<byte>?> DoInTimeAsync(
        CommandInput input, CommandIdentity identity, string replyTo)
    {
        var patience = CommandRequests.PatienceOf(input, _options, _time);
        if (patience <= TimeSpan.Zero)
        {
            throw new RefusedException(new Refusal(
                "deadline-passed", "The deadline had passed before the command was begun; nothing was done."));
        }

        using var late = new CancellationTokenSource(patience, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, _stopping.Token);
        try
        {
            return await _commands.DoAsync(input, identity, replyTo, either.Token);
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested)
        {
            throw new RefusedException(new Refusal(
                "deadline-passed",
                $"The command was not done within {patience.TotalSeconds:0.###} s and was cancelled before it took "
                + "effect; what a copy or a move had begun is finished or undone by the node. The same message id "
                + "asks again."));
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            throw new LocationException(LocationFault.Offline, "The node is stopping: ask again, another one answers.");
        }
    }

    private async ValueTask RefuseAsync(
        NatsSvcMsg<NatsMemoryOwner<byte>> message, CommandVerb verb, CommandIdentity identity, Problem problem)
    {
        Log.CommandDone(
            _log, verb.Name, identity.MessageId!.Value.ToString(), CorrelationOf(identity), CommandAnswer.Rejected,
            problem.Code);
        if (!string.IsNullOrEmpty(message.ReplyTo))
        {
            var headers = CommandAnswer.Headers(identity, _ids, CommandAnswer.Rejected, CommandHeaders.Json);
            headers[CommandHeaders.ChunkLast] = "true";
            await SendAsync(verb, identity, token => message.ReplyErrorAsync(
                problem.Status, problem.Code, CommandAnswer.Refused(identity, problem), headers,
                cancellationToken: token));
        }
    }

    /// <summary>The command was decided: its own deadline no longer counts, that of a request does.</summary>
    private async ValueTask SendAsync(
        CommandVerb verb, CommandIdentity identity, Func<CancellationToken, ValueTask> send)
    {
        using var late = new CancellationTokenSource(_link.Options.RequestTimeout, _time);
        try
        {
            await send(late.Token);
        }
        catch (Exception failure) when (NatsFaults.IsFault(failure) || failure is OperationCanceledException)
        {
            // The caller asks again with its message id and gets the answer then.
            Log.AnswerLost(
                _log, verb.Name, identity.MessageId!.Value.ToString(), CorrelationOf(identity),
                NatsFaults.CauseOf(failure));
        }
    }

    private Problem Describe(Exception failure, CommandVerb verb, CommandIdentity identity)
    {
        if (ProblemTable.Describe(failure) is { } known)
        {
            return known;
        }

        if (NatsFaults.IsFault(failure))
        {
            return ProblemTable.Describe(NatsFaults.Of(failure, mayHaveHappened: true, verb.Name))!;
        }

        Log.CommandFailed(
            _log, failure, verb.Name, identity.MessageId?.ToString() ?? "", CorrelationOf(identity));
        return ProblemTable.Describe(
            "internal", "The node failed in a way it did not expect; its log has the details.");
    }

    /// <summary>From the headers alone, for what is refused before its body is read; ids that cannot be read are made
    /// anew, since the refusal has to name something.</summary>
    private CommandIdentity IdentityOf(CommandInput input)
    {
        try
        {
            return CommandRequests.IdentityOf(input, _ids);
        }
        catch (RefusedException)
        {
            return new CommandIdentity(_ids.Next(), null, null, null);
        }
    }

    private static string CorrelationOf(CommandIdentity identity) =>
        (identity.CorrelationId ?? identity.MessageId)?.ToString() ?? "";

    private static void Tag(Activity? span, CommandIdentity identity)
    {
        span?.SetTag("cimstore.command_id", identity.MessageId?.ToString());
        span?.SetTag("cimstore.correlation_id", CorrelationOf(identity));
        span?.SetTag("cimstore.causation_id", (identity.CausationId ?? identity.MessageId)?.ToString());
    }
}
