using CimStore.Journal;
using CimStore.Objects;

namespace CimStore.Nats.Journal;

/// <summary>The last entries, by position: who asks for one mostly just made it, or follows.</summary>
internal sealed class RecentEntries(int countMax)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<Lsn, JournalEntry> _entries = [];
    private readonly Queue<Lsn> _order = [];

    /// <summary>Everything above this is here, up to the last.</summary>
    public Lsn Floor { get; private set; } = Lsn.None;

    /// <summary>The newest; null while there is none.</summary>
    public JournalEntry? Last { get; private set; }

    public void Add(JournalEntry entry)
    {
        lock (_gate)
        {
            Last = entry;
            _entries[entry.Lsn] = entry;
            _order.Enqueue(entry.Lsn);
            while (_order.Count > countMax)
            {
                Floor = _order.Dequeue();
                _entries.Remove(Floor);
            }
        }
    }

    public JournalEntry? Find(Lsn lsn)
    {
        lock (_gate)
        {
            return _entries.GetValueOrDefault(lsn);
        }
    }

    /// <returns>All that follow, or null when some of them are not here any more.</returns>
    public IReadOnlyList<JournalEntry>? After(Lsn after)
    {
        lock (_gate)
        {
            return after < Floor ? null : [.. _order.Where(lsn => lsn > after).Select(lsn => _entries[lsn])];
        }
    }
}
