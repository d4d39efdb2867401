using CimStore.Engine;
using CimStore.Http;
using CimStore.Nats.Commands;
using CimStore.Objects;
using NATS.Client.Core;

namespace CimStore.Nats.Foreign;

/// <summary>
/// Events that are published or requested without a stream. The server keeps none of them: what fails is held here and
/// tried again for a while; who asked for an answer gets one at once and tries again by itself.
/// </summary>
internal sealed class PlainIntake(
    NatsLink link, ForeignWork work, ForeignSubjects subjects, ForeignIntakeOptions options, TimeProvider time,
    IdSource ids, CancellationToken stopping)
{
    /// <summary>Waiting for room, for each subscription; what comes beyond is dropped, and said so.</summary>
    private const int WaitingMax = 256;

    private readonly List<INatsSub<NatsMemoryOwner<byte>>> _subscriptions = [];
    private readonly List<Task> _loops = [];

    /// <summary>Returns once the server knows the subscriptions.</summary>
    public async ValueTask StartAsync(CancellationToken cancellationToken)
    {
        foreach (var pattern in subjects.Patterns)
        {
            var subscription = await link.Connection.SubscribeCoreAsync<NatsMemoryOwner<byte>>(
                pattern.Text, ForeignIntakeOptions.QueueGroup,
                opts: new NatsSubOpts { ChannelOpts = new NatsSubChannelOpts { Capacity = WaitingMax } },
                cancellationToken: CancellationToken.None);
            _subscriptions.Add(subscription);
            _loops.Add(ReadAsync(subscription));
        }

        await link.Connection.PingAsync(cancellationToken);
    }

    public async ValueTask StopAsync()
    {
        foreach (var subscription in _subscriptions)
        {
            await subscription.UnsubscribeAsync();
        }

        await Task.WhenAll(_loops);
    }

    private async Task ReadAsync(INatsSub<NatsMemoryOwner<byte>> subscription)
    {
        try
        {
            await foreach (var message in subscription.Msgs.ReadAllAsync(stopping))
            {
                if (!subjects.Takes(message.Subject))
                {
                    message.Data.Dispose();
                    continue;
                }

                await work.RunAsync(() => DoAsync(message), stopping);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The node stops.
        }
    }

    private async Task DoAsync(NatsMsg<NatsMemoryOwner<byte>> message)
    {
        using var owner = message.Data;
        var isAsked = !string.IsNullOrEmpty(message.ReplyTo);
        var attempt = await TryAsync(message, owner.Memory, isAsked);
        if (attempt.IsWorthAnother && !isAsked)
        {
            Log.ForeignGivenUp(work.Log, message.Subject, attempt.Problem!.Code, attempt.Problem.Detail);
        }

        // Whoever asked is told; of what nobody is told, and of what is kept as a letter, the stream tells.
        if (attempt.Acknowledgement?.DeadLetter is not null
            || (!isAsked && (attempt.IsDead || attempt.IsWorthAnother)))
        {
            await work.TellAsync(attempt, message.Subject, owner.Memory, stopping);
        }

        if (isAsked)
        {
            await AnswerAsync(message, attempt);
        }
    }

    private async ValueTask<ForeignAttempt> TryAsync(
        NatsMsg<NatsMemoryOwner<byte>> message, ReadOnlyMemory<byte> body, bool isAsked)
    {
        var actor = ForeignWork.ActorOf(message.Headers);
        var began = time.GetTimestamp();
        for (ulong attempts = 1; ; attempts++)
        {
            var attempt = await work.TryAsync(message.Subject, body, actor, stopping);
            var wait = options.WaitAfter(attempts);
            if (isAsked || !attempt.IsWorthAnother || time.GetElapsedTime(began) + wait > options.PlainPatience)
            {
                return attempt;
            }

            Log.ForeignAgain(work.Log, message.Subject, attempt.Problem!.Code, wait.TotalSeconds);
            await Task.Delay(wait, time, stopping);
        }
    }

    private async ValueTask AnswerAsync(NatsMsg<NatsMemoryOwner<byte>> message, ForeignAttempt attempt)
    {
        var (headers, body) = attempt.Acknowledgement is { } answered
            ? Acknowledge(answered)
            : Refuse(attempt.Problem!);
        try
        {
            await link.Connection.PublishAsync(
                message.ReplyTo!, body, headers, cancellationToken: stopping);
        }
        catch (Exception failure) when (NatsFaults.IsFault(failure))
        {
            Log.ForeignAnswerLost(work.Log, message.Subject, NatsFaults.CauseOf(failure));
        }
    }

    private (NatsHeaders Headers, ReadOnlyMemory<byte> Body) Acknowledge(WireTypes.ForeignAcknowledgement answered)
    {
        var identity = new CommandIdentity(answered.CommandId, answered.CorrelationId, null, null);
        return (
            CommandAnswer.Headers(identity, ids, answered.Status, CommandHeaders.Json),
            System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(
                answered, WireJson.Of<WireTypes.ForeignAcknowledgement>()));
    }

    /// <summary>As a command that is refused is answered.</summary>
    private (NatsHeaders Headers, ReadOnlyMemory<byte> Body) Refuse(Problem problem)
    {
        var identity = new CommandIdentity(ids.Next(), null, null, null);
        var headers = CommandAnswer.Headers(identity, ids, CommandAnswer.Rejected, CommandHeaders.Json);
        headers["Nats-Service-Error"] = problem.Code;
        headers["Nats-Service-Error-Code"] = problem.Status.ToString(
            System.Globalization.CultureInfo.InvariantCulture);
        return (headers, CommandAnswer.Refused(identity, problem));
    }
}
