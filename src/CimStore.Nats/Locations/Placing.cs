using CimStore.Locations;
using NATS.Client.Core;

namespace CimStore.Nats.Locations;

/// <summary>
/// Publishes the one message that makes a copy, under the first name that no other copy has. Nothing that is there is
/// ever overwritten: a record somewhere may name it.
/// </summary>
internal static class Placing
{
    private const int AttemptsMax = 4;

    /// <param name="bucket">Where.</param>
    /// <param name="message">Subject, body and headers under the n-th name.</param>
    /// <param name="isLive">Whether a message is a copy, and not the mark of a deleted one.</param>
    /// <param name="isOurs">Whether it is the one that is being published: an answer was lost, then.</param>
    /// <param name="key">For the message.</param>
    /// <returns>The number of that message.</returns>
    /// <exception cref="LocationException">
    /// <see cref="LocationFault.Unknown"/>: it may be there. Anything else: it is not.
    /// </exception>
    public static async ValueTask<ulong> PublishAsync(
        BucketStream bucket,
        Func<int, (string Subject, ReadOnlyMemory<byte> Body, NatsHeaders Headers)> message,
        Func<BucketMessage, bool> isLive, Func<BucketMessage, bool> isOurs, ContentKey key)
    {
        var mayBeThere = false;
        var failures = 0;
        ulong expected = 0;
        for (var number = 1; number <= CopyName.NumberMax;)
        {
            var (subject, body, headers) = message(number);
            try
            {
                // From here on nobody may give up: a message that was sent is there, whoever waits for the answer.
                if (await bucket.PublishAsync(subject, body, headers, expected, CancellationToken.None) is { } sequence)
                {
                    return sequence;
                }

                var last = await bucket.GetLastAsync(subject, CancellationToken.None);
                if (last is not null && isOurs(last))
                {
                    return last.Sequence;
                }

                var isTaken = last is not null && isLive(last);
                number += isTaken ? 1 : 0;
                expected = isTaken ? 0 : last?.Sequence ?? 0;
            }
            catch (LocationException failure)
            {
                mayBeThere |= failure.Fault == LocationFault.Unknown;
                if (++failures >= AttemptsMax || failure.Fault is LocationFault.Full or LocationFault.Throttled)
                {
                    throw mayBeThere && failure.Fault != LocationFault.Unknown
                        ? new LocationException(LocationFault.Unknown, failure.Message, failure) : failure;
                }

                // Sent again with the same expectation: at most one of them is taken.
            }
        }

        throw new LocationException(
            LocationFault.Offline,
            $"NATS, {bucket.What}: {CopyName.NumberMax} copies of {key.Cid} are there already; release those that no "
            + "record names ('cimstore fsck').");
    }
}
