using System.Globalization;
using CimStore.Content;
using NATS.Client.Core;
using NATS.Client.JetStream;
using NATS.Client.JetStream.Models;

namespace CimStore.Nats.Events;

/// <summary>Which events of a chain a stream holds behind a position, by their headers.</summary>
internal static class StreamScan
{
    private const int BatchMax = 4096;

    /// <summary>LSNs with the sequence that each has, in the order of the stream.</summary>
    public static async IAsyncEnumerable<(ulong Lsn, ulong Sequence)> ReadAsync(
        NatsLink link, string stream, ulong after, Cid chain,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var info = (await link.JetStream.GetStreamAsync(stream, cancellationToken: cancellationToken)).Info;

        // A stream that was made anew counts from one again.
        var next = info.State.LastSeq < after ? 1 : after + 1;
        var mine = chain.ToString();
        while (next <= info.State.LastSeq)
        {
            var consumer = await link.JetStream.CreateOrderedConsumerAsync(
                stream,
                new NatsJSOrderedConsumerOpts
                {
                    DeliverPolicy = ConsumerConfigDeliverPolicy.ByStartSequence,
                    OptStartSeq = next,
                    HeadersOnly = true,
                },
                cancellationToken);
            var count = 0;
            await foreach (var message in consumer.FetchNoWaitAsync<NatsMemoryOwner<byte>>(
                new NatsJSFetchOpts { MaxMsgs = BatchMax }, cancellationToken: cancellationToken))
            {
                message.Data.Dispose();
                count++;
                var sequence = message.Metadata!.Value.Sequence.Stream;
                next = sequence + 1;
                if (LsnOf(message.Headers, mine) is { } lsn)
                {
                    yield return (lsn, sequence);
                }
            }

            if (count == 0)
            {
                break;
            }
        }
    }

    private static ulong? LsnOf(NatsHeaders? headers, string chain) =>
        headers is not null
        && headers.TryGetLastValue(EventHeaders.Chain, out var of) && of == chain
        && headers.TryGetLastValue(EventHeaders.Sequence, out var text)
        && ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var lsn)
            ? lsn
            : null;
}
