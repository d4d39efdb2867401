using System.Threading.Channels;
using CimStore.Content;
using CimStore.Engine;
using CimStore.Journal;
using CimStore.Locations;
using CimStore.Objects;
using Microsoft.Extensions.Logging;
using NATS.Client.Core;
using NATS.Client.JetStream;

namespace CimStore.Nats.Events;

/// <summary>
/// Publishing over one connection. It never connects again by itself: the client would send what it still had in its
/// buffer behind what the broken connection lost, and so out of order.
/// </summary>
internal sealed class OutboxSession : IAsyncDisposable
{
    private const int HintEvery = 512;

    private readonly NatsLink _link;
    private readonly IStorageClient _client;
    private readonly EventOutboxOptions _options;
    private readonly CancellationTokenSource _broken = new();
    private readonly OutboxHints _hints;

    private OutboxSession(NatsLink link, OutboxHints hints, IStorageClient client, EventOutboxOptions options)
    {
        (_link, _hints, _client, _options) = (link, hints, client, options);
        link.Connection.OnConnectingAsync = static _ => throw new NatsException("This connection is over.");
        link.Connection.ConnectionDisconnected += async (_, _) => await _broken.CancelAsync();
    }

    /// <exception cref="LocationException">NATS does not answer, or keeps no streams.</exception>
    public static async ValueTask<OutboxSession> OpenAsync(
        NatsOptions connection, IStorageClient client, EventOutboxOptions options, ILoggerFactory? logging,
        CancellationToken cancellationToken)
    {
        var link = await NatsLink.OpenAsync(connection, logging, cancellationToken);
        try
        {
            link.RequireJetStream();
            await EventStreams.EnsureAsync(link, options, cancellationToken);
            var hints = await OutboxHints.OpenAsync(link, options.Replicas, cancellationToken);
            return new OutboxSession(link, hints, client, options);
        }
        catch
        {
            await link.DisposeAsync();
            throw;
        }
    }

    /// <param name="tell">Told of each position, and whether an event was published for it.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="IntegrityException">The journal is not the one that was published.</exception>
    public async Task RunAsync(Action<Lsn, bool> tell, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _broken.Token);
        try
        {
            await RunOnceAsync(tell, either);
        }
        catch (OperationCanceledException) when (_broken.IsCancellationRequested)
        {
            throw new LocationException(LocationFault.Offline, "NATS: the connection of the outbox broke.");
        }
    }

    // The source is left to the collector: the client may tell of the break when all this is over.
    public ValueTask DisposeAsync() => _link.DisposeAsync();

    private async Task RunOnceAsync(Action<Lsn, bool> tell, CancellationTokenSource ending)
    {
        var token = ending.Token;
        var chain = await ChainAsync(token);
        var hint = await _hints.FindAsync(chain, token);
        await RequireSameAsync(hint, token);
        var (events, reads) = (new StreamProgress(hint.EventsSequence), new StreamProgress(hint.ReadsSequence));
        await ScanAsync(_options.Profile.EventStream.Name, events, hint.EventsSequence, chain, token);
        await ScanAsync(_options.Profile.ReadStream.Name, reads, hint.ReadsSequence, chain, token);
        tell(hint.Lsn, false);

        var inFlight = Channel.CreateBounded<Flight>(new BoundedChannelOptions(_options.PublishesInFlightMax)
        {
            SingleReader = true,
            SingleWriter = true,
        });
        var publishing = PublishAsync(hint.Lsn, chain, events, reads, inFlight.Writer, token);
        var confirming = ConfirmAsync(chain, hint, events, reads, inFlight.Reader, tell, token);

        // Whichever fails first ends the other; its reason is the one that counts.
        var first = await Task.WhenAny(publishing, confirming);
        await ending.CancelAsync();
        await Task.WhenAll(publishing, confirming).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await DropAsync(inFlight.Reader);
        await first;
    }

    /// <summary>A chain is named by its first entry; a journal without one has nothing to publish yet.</summary>
    private async ValueTask<Cid> ChainAsync(CancellationToken cancellationToken)
    {
        await foreach (var entry in _client.EventsAsync(Lsn.None, follow: true, cancellationToken))
        {
            return entry.EventCid;
        }

        throw new OperationCanceledException("The journal ended before its first entry.");
    }

    /// <summary>
    /// A journal that was put back to an earlier state has other events at the places of those published. Nothing
    /// that could be published then would fit the chain downstream: a person has to decide.
    /// </summary>
    private async ValueTask RequireSameAsync(OutboxHint hint, CancellationToken cancellationToken)
    {
        if (hint.EventCid is not { } published)
        {
            return;
        }

        await foreach (var entry in _client.EventsAsync(
            new Lsn(hint.Lsn.Value - 1), follow: false, cancellationToken))
        {
            if (entry.Lsn == hint.Lsn && entry.EventCid == published)
            {
                return;
            }

            break;
        }

        throw new IntegrityException(
            $"The journal is not the one that was published: {published} at lsn {hint.Lsn} is not in it. It was put "
            + "back to an earlier state. Nothing more is published; docs/nats.md says what to do.");
    }

    private async ValueTask ScanAsync(
        string stream, StreamProgress progress, ulong after, Cid chain, CancellationToken cancellationToken)
    {
        await foreach (var (lsn, _) in StreamScan.ReadAsync(_link, stream, after, chain, cancellationToken))
        {
            progress.Found(lsn);
        }
    }

    private async Task PublishAsync(
        Lsn after, Cid chain, StreamProgress events, StreamProgress reads, ChannelWriter<Flight> inFlight,
        CancellationToken cancellationToken)
    {
        await foreach (var entry in _client.EventsAsync(after, follow: true, cancellationToken))
        {
            var progress = entry.Event is StorageEvent.Retrieved ? reads : events;
            if (progress.TakeIfThere(entry.Lsn.Value))
            {
                await inFlight.WriteAsync(new Flight(entry, progress, null), cancellationToken);
                continue;
            }

            // Room first: what is published and could not be noted would have nobody who waits for it.
            await inFlight.WaitToWriteAsync(cancellationToken);
            var future = await _link.JetStream.PublishConcurrentAsync(
                _options.Profile.SubjectOf(entry), EventMessage.Body(entry, _options.Format),
                headers: EventMessage.Headers(entry, chain, _options.Format), cancellationToken: cancellationToken);
            await inFlight.WriteAsync(new Flight(entry, progress, future), cancellationToken);
        }
    }

    private async Task ConfirmAsync(
        Cid chain, OutboxHint hint, StreamProgress events, StreamProgress reads, ChannelReader<Flight> inFlight,
        Action<Lsn, bool> tell, CancellationToken cancellationToken)
    {
        var sinceHint = 0;
        await foreach (var flight in inFlight.ReadAllAsync(cancellationToken))
        {
            if (flight.Future is { } future)
            {
                await using (future)
                {
                    flight.Progress.Acknowledged(await AcknowledgedAsync(future, cancellationToken));
                }
            }

            hint = new OutboxHint(flight.Entry.Lsn, flight.Entry.EventCid, events.Sequence, reads.Sequence);
            tell(hint.Lsn, flight.Future is not null);

            // When there is nothing else to do, or often enough that the next scan is short.
            if (++sinceHint >= HintEvery || inFlight.Count == 0)
            {
                await _hints.PutAsync(chain, hint, cancellationToken);
                sinceHint = 0;
            }
        }
    }

    private static async ValueTask<ulong> AcknowledgedAsync(
        NatsJSPublishConcurrentFuture future, CancellationToken cancellationToken)
    {
        var answer = await future.GetResponseAsync(cancellationToken);
        answer.EnsureSuccess();
        return answer.Seq;
    }

    private static async ValueTask DropAsync(ChannelReader<Flight> inFlight)
    {
        while (inFlight.TryRead(out var flight))
        {
            if (flight.Future is { } future)
            {
                await future.DisposeAsync();
            }
        }
    }

    private readonly record struct Flight(
        JournalEntry Entry, StreamProgress Progress, NatsJSPublishConcurrentFuture? Future);
}
