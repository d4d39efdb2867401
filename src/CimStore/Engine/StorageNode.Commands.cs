using System.Buffers.Binary;
using CimStore.Journal;
using CimStore.Objects;

namespace CimStore.Engine;

// Identity: who asked, and whether it was asked before (D31).
public sealed partial class StorageNode
{
    private const int UuidVersion7 = 7;

    private EventContext ContextOf(CommandIdentity identity, ReadOnlyMemory<byte> requestDigest)
    {
        var message = identity.MessageId ?? _ids.Next();
        return new EventContext(
            message, identity.CorrelationId ?? message, identity.CausationId ?? message,
            identity.Actor ?? EventContext.ActorDefault, requestDigest);
    }

    /// <returns>The entry that the same command appended before, or null when it is new.</returns>
    /// <exception cref="RefusedException">It was refused before, or the id belongs to another request.</exception>
    private async ValueTask<JournalEntry?> FindEarlierAsync(EventContext context, CancellationToken cancellationToken)
    {
        var outcome = await _catalog.FindCommandAsync(context.MessageId, cancellationToken);
        if (outcome is null)
        {
            return null;
        }

        if (!outcome.RequestDigest.Span.SequenceEqual(context.RequestDigest.Span))
        {
            throw Refuse(
                "message-id-reused",
                $"The message id {context.MessageId} belongs to another request. Use a new id for a new request.");
        }

        // Who was told that a command was refused may have acted on it: taking it now would be another answer.
        var earlier = await _journal.FindAsync(outcome.Lsn, cancellationToken);
        return earlier?.Event is StorageEvent.Failed failed
            ? throw new RefusedException(new Refusal(failed.Error, failed.Detail)) { IsJournaled = true }
            : earlier;
    }

    /// <summary>Journals a decision for nothing, when its command's id has to be remembered.</summary>
    private async ValueTask<JournalEntry?> RememberUnchangedAsync(Decision decision, EventContext context)
    {
        if (decision.Events is not [StorageEvent.Unchanged unchanged])
        {
            return null;
        }

        var entries = await AppendAsync([new JournalChange(context, unchanged, null, null)]);
        return entries[0];
    }

    /// <summary>An id older than the window may have been forgotten: taking it could do its work twice.</summary>
    private void RefuseLateMessage(MessageId? id)
    {
        if (id is not { } given || given.Value.Version != UuidVersion7)
        {
            return;
        }

        Span<byte> bytes = stackalloc byte[16];
        given.Value.TryWriteBytes(bytes, bigEndian: true, out _);
        var milliseconds = (long)(BinaryPrimitives.ReadUInt64BigEndian(bytes) >> 16);
        // By the earliest time: a clock that leapt ahead would refuse everybody. What was forgotten is known below.
        var now = _time.GetEarliestUtcNow();
        if (milliseconds < (now - _options.CommandWindow).ToUnixTimeMilliseconds())
        {
            throw Refuse(
                "message-id-expired",
                $"The message id {given} is older than the {_options.CommandWindow.TotalHours:0.#} hours that ids are "
                + $"remembered; it is {now:u} here. Look whether it took effect, and ask again with a new id.");
        }

        // So many commands since, or a clock that leapt ahead: it may have been forgotten before its time.
        if (_catalog.CommandsForgottenUntil is { } until && milliseconds <= until.ToUnixTimeMilliseconds())
        {
            throw Refuse(
                "message-id-expired",
                $"The message id {given} is no newer than ids of {until:u} that were forgotten. Look whether it took "
                + "effect, and ask again with a new id.");
        }
    }
}
