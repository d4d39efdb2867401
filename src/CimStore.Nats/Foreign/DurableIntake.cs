using NATS.Client.Core;
using NATS.Client.JetStream;
using NATS.Client.JetStream.Models;

namespace CimStore.Nats.Foreign;

/// <summary>
/// Events that a stream keeps until this consumer acknowledged them: what comes while no node is there waits, and what
/// fails is given again. Acknowledged is what took effect, was refused for good, or is kept as a dead letter.
/// </summary>
internal sealed class DurableIntake(
    NatsLink link, ForeignWork work, ForeignSubjects subjects, ForeignIntakeOptions options, TimeProvider time,
    CancellationToken stopping)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(2);
    private volatile string? _failure = "the stream was not read yet";

    /// <summary>Why nothing is taken from the stream; null while it is.</summary>
    public string? Failure => _failure;

    public async Task RunAsync(CancellationToken reading)
    {
        while (!reading.IsCancellationRequested)
        {
            try
            {
                await ConsumeAsync(reading);
            }
            catch (OperationCanceledException) when (reading.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure) when (NatsFaults.IsFault(failure))
            {
                // One line for an outage, however long it is.
                var cause = $"the stream {options.Stream}: {NatsFaults.CauseOf(failure)}";
                if (_failure != cause)
                {
                    Log.ForeignStreamAway(work.Log, cause);
                }

                _failure = cause;
            }

            await Task.Delay(LookEvery, time, reading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async ValueTask ConsumeAsync(CancellationToken reading)
    {
        var consumer = await link.JetStream.CreateOrUpdateConsumerAsync(
            options.Stream!,
            new ConsumerConfig(ForeignIntakeOptions.QueueGroup)
            {
                AckPolicy = ConsumerConfigAckPolicy.Explicit,
                AckWait = options.AckWait,
                MaxAckPending = options.EventsInFlightMax,
                FilterSubject = options.StreamSubject!.Text,
                DeliverPolicy = ConsumerConfigDeliverPolicy.All,
            },
            reading);
        _failure = null;
        var each = new NatsJSConsumeOpts { MaxMsgs = options.EventsInFlightMax };
        await foreach (var message in consumer.ConsumeAsync<NatsMemoryOwner<byte>>(
            opts: each, cancellationToken: reading))
        {
            await work.RunAsync(() => DoAsync(message), reading);
        }
    }

    private async Task DoAsync(INatsJSMsg<NatsMemoryOwner<byte>> message)
    {
        using var owner = message.Data;
        if (subjects.IsOwn(message.Subject))
        {
            await message.AckAsync(cancellationToken: stopping);
            return;
        }

        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var telling = TellOfWorkAsync(message, ended.Token);
        var isSettled = false;
        try
        {
            var attempt = await work.TryAsync(
                message.Subject, owner.Memory, ForeignWork.ActorOf(message.Headers), stopping);
            isSettled = !attempt.IsWorthAnother
                && (!attempt.IsDead || await work.TellAsync(attempt, message.Subject, owner.Memory, stopping));
        }
        finally
        {
            await ended.CancelAsync();
            await telling;
            await SettleAsync(message, isSettled);
        }
    }

    /// <summary>An answer that is lost brings the event again: it takes effect once by its message id.</summary>
    private async ValueTask SettleAsync(INatsJSMsg<NatsMemoryOwner<byte>> message, bool isSettled)
    {
        try
        {
            if (isSettled)
            {
                await message.AckAsync(cancellationToken: stopping);
                return;
            }

            var wait = stopping.IsCancellationRequested
                ? TimeSpan.FromMilliseconds(10)
                : options.WaitAfter(message.Metadata?.NumDelivered ?? 1);
            Log.ForeignAgain(work.Log, message.Subject, "not-settled", wait.TotalSeconds);
            await message.NakAsync(new AckOpts { NakDelay = wait }, CancellationToken.None);
        }
        catch (Exception failure) when (NatsFaults.IsFault(failure) || failure is OperationCanceledException)
        {
            Log.ForeignAnswerLost(work.Log, message.Subject, NatsFaults.CauseOf(failure));
        }
    }

    /// <summary>The server would give an event that takes long to somebody else.</summary>
    private async Task TellOfWorkAsync(INatsJSMsg<NatsMemoryOwner<byte>> message, CancellationToken ended)
    {
        while (true)
        {
            await Task.Delay(options.AckWait / 3, time, ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (ended.IsCancellationRequested)
            {
                return;
            }

            try
            {
                await message.AckProgressAsync(cancellationToken: CancellationToken.None);
            }
            catch (Exception failure) when (NatsFaults.IsFault(failure))
            {
                // The next one may arrive; if none does the event comes again.
                Log.ForeignAnswerLost(work.Log, message.Subject, NatsFaults.CauseOf(failure));
            }
        }
    }
}
