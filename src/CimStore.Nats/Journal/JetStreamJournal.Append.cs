using System.Buffers;
using CimStore.Journal;
using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Nats.Journal;

// Appending: a message for each object or name, offered until it is known whether it is in the stream.
public sealed partial class JetStreamJournal
{
    private static readonly TimeSpan OfferAgainAfter = TimeSpan.FromMilliseconds(100);

    /// <remarks>
    /// Changes of one object that follow each other travel in one message, all or nothing. Changes of several objects
    /// are made in order, and one that fails leaves those before it.
    /// </remarks>
    public async ValueTask<IReadOnlyList<JournalEntry>> AppendAsync(
        IReadOnlyList<JournalChange> changes, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(changes);
        cancellationToken.ThrowIfCancellationRequested();
        var entries = new List<JournalEntry>(changes.Count);
        for (var first = 0; first < changes.Count;)
        {
            var subject = _stream.Subjects.Of(changes[first].Event);
            var count = 1;
            while (first + count < changes.Count && count < JournalPosition.EntriesMax
                && _stream.Subjects.Of(changes[first + count].Event) == subject)
            {
                count++;
            }

            entries.AddRange(await OfferAsync(subject, changes, first, count));
            first += count;
        }

        return entries;
    }

    private async ValueTask<JournalEntry[]> OfferAsync(
        string subject, IReadOnlyList<JournalChange> changes, int first, int count)
    {
        var (id, payload) = Draft(changes, first, count);
        var expected = JournalSubjects.ExpectedOf(changes[first]);
        var waiting = _pending.Expect(id);
        try
        {
            await PublishAsync(subject, payload, id, expected, waiting);
            return await waiting.WaitAsync(_options.Patience, _time);
        }
        catch (TimeoutException late)
        {
            throw new LocationException(
                LocationFault.Unknown,
                "The change is in the journal, and this node cannot read it there now; it may be read later.", late);
        }
        finally
        {
            _pending.Forget(id);
        }
    }

    /// <summary>
    /// Offers it until the stream says yes or no. Its id makes the second time harmless, as long as the server
    /// remembers ids; this node gives up before that.
    /// </summary>
    private async ValueTask PublishAsync(
        string subject, ReadOnlyMemory<byte> payload, MessageId id, ulong? expected, Task waiting)
    {
        var started = _time.GetTimestamp();
        while (!waiting.IsCompleted)
        {
            try
            {
                // Not cancellable: whether the change came true must be known.
                if (!await _stream.TryPublishAsync(subject, payload, id, expected, _closing.Token))
                {
                    await RefuseAsync(subject, waiting);
                }

                return;
            }
            catch (Exception failure) when (NatsFaults.IsFault(failure))
            {
                var fault = NatsFaults.Of(failure, mayHaveHappened: true, $"publishing to {subject}");
                if (fault.Fault == LocationFault.Full || _time.GetElapsedTime(started) > _options.Patience)
                {
                    throw fault.Fault == LocationFault.Full
                        ? fault
                        : new LocationException(LocationFault.Unknown, fault.Message, failure);
                }
            }
            catch (OperationCanceledException) when (_closing.IsCancellationRequested)
            {
                throw new LocationException(LocationFault.Unknown, "The journal was closed before the answer came.");
            }

            await Task.Delay(OfferAgainAfter, _time, CancellationToken.None);
        }
    }

    /// <summary>
    /// The subject is not where it was expected: another node was first, or this very message was, whose answer was
    /// lost. The catalog knows when it has read so far.
    /// </summary>
    private async ValueTask RefuseAsync(string subject, Task waiting)
    {
        using var patience = new CancellationTokenSource(_options.Patience, _time);
        try
        {
            await CatchUpAsync(patience.Token);
        }
        catch (OperationCanceledException late)
        {
            throw new LocationException(
                LocationFault.Throttled,
                "Another node changed the object, and this node cannot read what it is now. Nothing was stored.", late);
        }

        if (!waiting.IsCompleted)
        {
            throw new LocationException(
                LocationFault.Conflict, $"Another node changed what {subject} is about. Nothing was stored.");
        }
    }

    private (MessageId Id, ReadOnlyMemory<byte> Payload) Draft(
        IReadOnlyList<JournalChange> changes, int first, int count)
    {
        var payload = new ArrayBufferWriter<byte>(512 * count);
        JournalMessage.Begin(payload, count);
        Span<byte> salt = stackalloc byte[EntryCodec.SaltSizeBytes];
        var now = _time.GetUtcNow();
        var draft = new EntryDraft();
        var id = default(MessageId);
        for (var index = 0; index < count; index++)
        {
            var change = changes[first + index];
            RandomPool.Fill(salt);
            var eventId = _ids.Next();
            id = index == 0 ? eventId : id;
            draft.Write(_chain.Id!.Value, eventId, now, change.Context, change.Event, salt);
            JournalMessage.Add(payload, draft);
        }

        return (id, payload.WrittenMemory);
    }
}
