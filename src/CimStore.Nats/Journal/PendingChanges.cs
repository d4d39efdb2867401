using System.Collections.Concurrent;
using CimStore.Journal;
using CimStore.Objects;

namespace CimStore.Nats.Journal;

/// <summary>Changes on their way: their writers wait until they come by in the stream.</summary>
internal sealed class PendingChanges
{
    private readonly ConcurrentDictionary<MessageId, TaskCompletionSource<JournalEntry[]>> _waiting = new();

    /// <param name="first">The id of the message's first event.</param>
    public Task<JournalEntry[]> Expect(MessageId first) => _waiting.GetOrAdd(
        first,
        static _ => new TaskCompletionSource<JournalEntry[]>(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    public void Forget(MessageId first) => _waiting.TryRemove(first, out _);

    /// <summary>One message came by.</summary>
    public void Tell(List<JournalEntry> entries)
    {
        if (!_waiting.IsEmpty && entries.Count > 0 && _waiting.TryRemove(entries[0].EventId, out var waiting))
        {
            waiting.TrySetResult([.. entries]);
        }
    }

    public void End(Exception reason)
    {
        foreach (var waiting in _waiting.Values)
        {
            waiting.TrySetException(reason);
        }
    }
}
