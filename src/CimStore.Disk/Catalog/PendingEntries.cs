using CimStore.Content;
using CimStore.Disk.Log;
using CimStore.Journal;
using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Disk.Catalog;

/// <summary>
/// Entries between the moment they got their place in the chain and the moment their batch was applied. When a batch
/// fails they are void, and the chain goes on from the last entry that is durable.
/// </summary>
internal sealed class PendingEntries
{
    private readonly Lock _gate = new();
    private readonly Queue<(JournalEntry Entry, JournalChange Change)> _pending = new();
    private (Cid? Head, ulong Lsn) _applied;
    private (Cid? Head, ulong Lsn) _given;

    /// <summary>
    /// What the next entry links to. Read only under the log's lock, by the write that is taking its place.
    /// </summary>
    public Cid? Head => _given.Head;

    public (Cid? Head, ulong Lsn) Applied
    {
        get
        {
            lock (_gate)
            {
                return _applied;
            }
        }
    }

    public void Start(Cid? head, ulong lsn)
    {
        lock (_gate)
        {
            _applied = _given = (head, lsn);
            _pending.Clear();
        }
    }

    public void Add(JournalEntry entry, JournalChange change)
    {
        lock (_gate)
        {
            _pending.Enqueue((entry, change));
            _given = (entry.EventCid, entry.Lsn.Value);
        }
    }

    /// <summary>The objects that entries up to this LSN are about.</summary>
    public HashSet<ContentKey> KeysUntil(ulong lsn)
    {
        var keys = new HashSet<ContentKey>();
        lock (_gate)
        {
            foreach (var (entry, _) in _pending)
            {
                if (entry.Lsn.Value > lsn)
                {
                    break;
                }

                if (ObjectHistory.KeyOf(entry.Event) is { } key)
                {
                    keys.Add(key);
                }
            }
        }

        return keys;
    }

    /// <returns>Null when this life of the store did not make the record: it is being replayed.</returns>
    public (JournalEntry Entry, JournalChange Change)? Take(ulong lsn)
    {
        lock (_gate)
        {
            if (!_pending.TryPeek(out var next) || next.Entry.Lsn.Value != lsn)
            {
                return null;
            }

            _pending.Dequeue();
            return next;
        }
    }

    public void Apply(JournalEntry entry)
    {
        lock (_gate)
        {
            _applied = (entry.EventCid, entry.Lsn.Value);
            if (_given.Lsn < _applied.Lsn)
            {
                _given = _applied;
            }
        }
    }

    /// <summary>Forgets what was never made durable. What is durable but not applied yet stays in the chain.</summary>
    public void Void(LogCursor durable)
    {
        lock (_gate)
        {
            var kept = new List<(JournalEntry Entry, JournalChange Change)>();
            foreach (var pending in _pending)
            {
                if (pending.Entry.Lsn.Value <= durable.LastLsn)
                {
                    kept.Add(pending);
                }
            }

            _pending.Clear();
            _given = _applied;
            foreach (var pending in kept)
            {
                _pending.Enqueue(pending);
                _given = (pending.Entry.EventCid, pending.Entry.Lsn.Value);
            }
        }
    }
}
