using System.Runtime.CompilerServices;
using CimStore.Journal;
using CimStore.Locations;

namespace CimStore.Nats.Journal;

// Following: one loop reads the stream and makes the catalog of it.
public sealed partial class JetStreamJournal
{
    private static readonly TimeSpan ReadAgainAfter = TimeSpan.FromMilliseconds(200);

    private async Task FollowAsync(CancellationToken cancellationToken)
    {
        var next = 1ul;
        var entries = new List<JournalEntry>();
        try
        {
            while (!cancellationToken.IsCancellationRequested)
            {
                await foreach (var message in FollowOnceAsync(next, cancellationToken))
                {
                    Apply(message.Sequence, message.Payload.Span, entries);
                    next = message.Sequence + 1;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Closing.
        }
        catch (Exception failure)
        {
            // What cannot be read is not passed over: from here on this node knows nothing, and says so.
            Log.JournalUnreadable(_log, _stream.Name, next, failure.Message);
            var end = failure as IntegrityException ?? new IntegrityException(failure.Message, failure);
            _applied.End(end);
            _durable.End(end);
            _pending.End(end);
        }
    }

    private void Apply(ulong sequence, ReadOnlySpan<byte> payload, List<JournalEntry> entries)
    {
        _heads.Note(sequence, _chain.Head);
        entries.Clear();
        _chain.Read(sequence, payload, entries);
        _catalog.Apply(entries);
        foreach (var entry in entries)
        {
            _recent.Add(entry);
        }

        if (entries.Count > 0)
        {
            _durable.Advance(entries[^1].Lsn.Value);
        }

        // Who was refused looks for its own message when this node has read so far: it is told before that.
        _pending.Tell(entries);
        _applied.Advance(sequence);
    }

    /// <summary>Messages from one on, until the way to the server breaks; a gap is never passed over.</summary>
    private async IAsyncEnumerable<(ulong Sequence, ReadOnlyMemory<byte> Payload)> FollowOnceAsync(
        ulong first, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var next = first;
        var messages = _stream.FollowAsync(first, cancellationToken).GetAsyncEnumerator(cancellationToken);
        try
        {
            while (true)
            {
                try
                {
                    if (!await messages.MoveNextAsync())
                    {
                        yield break;
                    }
                }
                catch (Exception failure) when (NatsFaults.IsFault(failure))
                {
                    Log.JournalAway(_log, _stream.Name, next, NatsFaults.CauseOf(failure));
                    await Task.Delay(ReadAgainAfter, _time, cancellationToken);
                    yield break;
                }

                using var payload = messages.Current.Data;
                var sequence = messages.Current.Metadata!.Value.Sequence.Stream;
                if (sequence != next)
                {
                    throw new IntegrityException(
                        $"The stream {_stream.Name} lacks messages {next} to {sequence - 1}: somebody cut it.");
                }

                yield return (sequence, payload.Memory);
                next = sequence + 1;
            }
        }
        finally
        {
            await messages.DisposeAsync();
        }
    }
}
