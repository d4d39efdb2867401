using System.Runtime.CompilerServices;
using CimStore.Locations;
using NATS.Client.Core;
using NATS.Client.JetStream;
using NATS.Client.JetStream.Models;

namespace CimStore.Nats.Locations;

/// <summary>
/// The stream behind a bucket, by the requests of JetStream's API. What is asked of the leader is true now; what a
/// direct read does not find may be on its way to that replica, so the leader is asked before it counts as absent.
/// </summary>
internal sealed class BucketStream(NatsLink link, string stream, string what)
{

    // The server lists so many subjects at once.
    private const int SubjectsPerPage = 100_000;
    private const int HeadersPerPage = 1000;

    private static readonly TimeSpan ConsumerPatience = TimeSpan.FromSeconds(30);

    private readonly NatsJSContext _context = link.JetStream;
    private bool _hasDirectGet = true;

    /// <summary>What messages call it, such as "the object bucket 'content'".</summary>
    public string What => what;

    public NatsLink Link => link;

    /// <summary>Looks that the bucket is there, and how it may be read. It is never made here.</summary>
    /// <exception cref="LocationException">It is not there, or not to be reached.</exception>
    public async ValueTask<StreamConfig> RequireAsync(CancellationToken cancellationToken)
    {
        var config = (await InfoAsync(cancellationToken)).Config;
        _hasDirectGet = config.AllowDirect;
        return config;
    }

    public ValueTask<StreamInfo> InfoAsync(CancellationToken cancellationToken) => RunAsync(
        async () => (await _context.GetStreamAsync(stream, cancellationToken: cancellationToken)).Info,
        mayHaveHappened: false);

    /// <summary>From the leader.</summary>
    /// <returns>Null where no message has that number any more.</returns>
    public ValueTask<BucketMessage?> GetAsync(ulong sequence, CancellationToken cancellationToken) =>
        AskLeaderAsync(new StreamMsgGetRequest { Seq = sequence }, cancellationToken);

    /// <summary>From the leader.</summary>
    public ValueTask<BucketMessage?> GetLastAsync(string subject, CancellationToken cancellationToken) =>
        AskLeaderAsync(new StreamMsgGetRequest { LastBySubj = subject }, cancellationToken);

    /// <summary>From the leader: the first message of a subject at this number or behind it.</summary>
    public ValueTask<BucketMessage?> GetNextAsync(
        string subject, ulong sequence, CancellationToken cancellationToken) =>
        AskLeaderAsync(
            new StreamMsgGetRequest { Seq = Math.Max(1, sequence), NextBySubj = subject }, cancellationToken);

    /// <summary>From whichever replica answers, from the leader where that one lacks it.</summary>
    public async ValueTask<BucketMessage?> ReadAsync(ulong sequence, CancellationToken cancellationToken) =>
        (_hasDirectGet ? await ReadDirectAsync(sequence, cancellationToken) : null)
        ?? await GetAsync(sequence, cancellationToken);

    /// <returns>The message's number; null when the subject's last message was another than expected.</returns>
    /// <exception cref="LocationException"><see cref="LocationFault.Unknown"/>: it may be there.</exception>
    public ValueTask<ulong?> PublishAsync(
        string subject, ReadOnlyMemory<byte> body, NatsHeaders headers, ulong expectedLast,
        CancellationToken cancellationToken) => RunAsync(
        async () =>
        {
            var ack = await _context.PublishAsync(
                subject, body, NatsRawSerializer<ReadOnlyMemory<byte>>.Default,
                new NatsJSPubOpts { ExpectedStream = stream, ExpectedLastSubjectSequence = expectedLast },
                headers, cancellationToken);
            return ack.Error switch
            {
                null => (ulong?)ack.Seq,
                { ErrCode: NatsFaults.WrongLastSequence } => null,
                var error => throw new NatsJSApiException(error),
            };
        },
        mayHaveHappened: true);

    /// <summary>Sends without waiting for the acknowledgement: whoever gets the future awaits it.</summary>
    public ValueTask<NatsJSPublishConcurrentFuture> SendAsync(
        string subject, ReadOnlyMemory<byte> body, NatsHeaders headers, CancellationToken cancellationToken) =>
        RunAsync(
            () => _context.PublishConcurrentAsync(
                subject, body, NatsRawSerializer<ReadOnlyMemory<byte>>.Default,
                new NatsJSPubOpts { ExpectedStream = stream }, headers, cancellationToken),
            mayHaveHappened: false);

    public ValueTask<ulong> AcknowledgedAsync(
        NatsJSPublishConcurrentFuture future, CancellationToken cancellationToken) => RunAsync(
        async () =>
        {
            await using (future)
            {
                var ack = await future.GetResponseAsync(cancellationToken);
                return ack.Error is null ? ack.Seq : throw new NatsJSApiException(ack.Error);
            }
        },
        mayHaveHappened: false);

    /// <param name="subject">What is purged.</param>
    /// <param name="below">Only messages of lower numbers; 0 for all.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>How many messages went.</returns>
    public ValueTask<long> PurgeAsync(string subject, ulong below, CancellationToken cancellationToken) => RunAsync(
        async () => (await _context.PurgeStreamAsync(
            stream, new StreamPurgeRequest { Filter = subject, Seq = below }, cancellationToken)).Purged,
        mayHaveHappened: true);

    /// <summary>The subjects that have messages, in no order, and how many.</summary>
    public async IAsyncEnumerable<(string Subject, long Messages)> SubjectsAsync(
        string filter, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var offset = 0; ; offset += SubjectsPerPage)
        {
            var request = new StreamInfoRequest { SubjectsFilter = filter, Offset = offset };
            var page = await RunAsync(
                () => _context.JSRequestResponseAsync<StreamInfoRequest, StreamInfoResponse>(
                    $"{_context.Opts.Prefix}.STREAM.INFO.{stream}", request, cancellationToken),
                mayHaveHappened: false);
            foreach (var (subject, messages) in page.State.Subjects ?? new Dictionary<string, long>())
            {
                yield return (subject, messages);
            }

            if ((page.State.Subjects?.Count ?? 0) < SubjectsPerPage)
            {
                yield break;
            }
        }
    }

    /// <summary>The last message of each subject without its body, in the stream's order.</summary>
    public async IAsyncEnumerable<BucketMessage> HeadersAsync(
        string filter, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var config = new ConsumerConfig
        {
            Name = Nuid.NewNuid(),
            FilterSubject = filter,
            DeliverPolicy = ConsumerConfigDeliverPolicy.LastPerSubject,
            AckPolicy = ConsumerConfigAckPolicy.None,
            HeadersOnly = true,
            MemStorage = true,
            NumReplicas = 1,
            InactiveThreshold = ConsumerPatience,
        };
        var consumer = await RunAsync(
            () => _context.CreateOrUpdateConsumerAsync(stream, config, cancellationToken), mayHaveHappened: false);
        ulong received = 0;
        while (await HasMoreAsync(consumer, received, cancellationToken))
        {
            var page = await RunAsync(
                () => FetchAsync(consumer, received, cancellationToken), mayHaveHappened: false);
            received += (ulong)page.Count;
            foreach (var message in page)
            {
                yield return message;
            }
        }

        await RunAsync(
            () => _context.DeleteConsumerAsync(stream, consumer.Info.Name, cancellationToken), mayHaveHappened: false);
    }

    private static async ValueTask<List<BucketMessage>> FetchAsync(
        INatsJSConsumer consumer, ulong received, CancellationToken cancellationToken)
    {
        var page = new List<BucketMessage>();
        await foreach (var message in consumer.FetchNoWaitAsync(
            new NatsJSFetchOpts { MaxMsgs = HeadersPerPage, Expires = ConsumerPatience },
            NatsRawSerializer<byte[]>.Default, cancellationToken))
        {
            if (message.Metadata is { } place)
            {
                // A message that was lost on the way must not count as one that is not there.
                if (place.Sequence.Consumer != received + (ulong)page.Count + 1)
                {
                    throw new NatsJSException("a list of messages has a gap.");
                }

                page.Add(BucketMessage.Of(message.Subject, place.Sequence.Stream, place.Timestamp, message.Headers));
            }
        }

        return page;
    }

    /// <summary>Whether the server has given all that it has, and all of it arrived.</summary>
    private ValueTask<bool> HasMoreAsync(
        INatsJSConsumer consumer, ulong received, CancellationToken cancellationToken) => RunAsync(
        async () =>
        {
            await consumer.RefreshAsync(cancellationToken);
            return consumer.Info.NumPending > 0
                || (consumer.Info.Delivered.ConsumerSeq == received
                    ? false : throw new NatsJSException("a list of messages broke off."));
        },
        mayHaveHappened: false);

    private ValueTask<BucketMessage?> AskLeaderAsync(
        StreamMsgGetRequest request, CancellationToken cancellationToken) => RunAsync(
        async () =>
        {
            try
            {
                var answer = await _context.JSRequestResponseAsync<StreamMsgGetRequest, StreamMsgGetResponse>(
                    $"{_context.Opts.Prefix}.STREAM.MSG.GET.{stream}", request, cancellationToken);
                return BucketMessage.Of(answer.Message);
            }
            catch (NatsJSApiException none) when (none.Error.ErrCode == NatsFaults.MessageNotFound)
            {
                return null;
            }
        },
        mayHaveHappened: false);

    /// <returns>Null also where nobody answers: the leader says why.</returns>
    private ValueTask<BucketMessage?> ReadDirectAsync(ulong sequence, CancellationToken cancellationToken) => RunAsync(
        async () =>
        {
            try
            {
                var answer = await link.Connection.RequestAsync<StreamMsgGetRequest, byte[]>(
                    $"{_context.Opts.Prefix}.DIRECT.GET.{stream}", new StreamMsgGetRequest { Seq = sequence },
                    requestSerializer: NatsJSJsonSerializer<StreamMsgGetRequest>.Default,
                    replySerializer: NatsRawSerializer<byte[]>.Default,
                    cancellationToken: cancellationToken);
                return BucketMessage.Of(answer);
            }
            catch (Exception none) when (none is NatsNoRespondersException or NatsNoReplyException)
            {
                return null;
            }
        },
        mayHaveHappened: false);

    private async ValueTask<T> RunAsync<T>(Func<ValueTask<T>> call, bool mayHaveHappened)
    {
        try
        {
            // The client waits without end to send while it has no connection; whoever asked is told.
            return await call().AsTask().WaitAsync(link.Options.RequestTimeout * 2);
        }
        catch (Exception failure) when (NatsFaults.IsFault(failure))
        {
            throw NatsFaults.Of(failure, mayHaveHappened, what);
        }
    }
}
