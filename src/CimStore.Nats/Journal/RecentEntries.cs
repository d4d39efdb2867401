using CimStore.Journal;
using CimStore.Objects;

namespace CimStore.Nats.Journal;

/// <summary>The last entries, in their order: who asks for one mostly just made it, or follows.</summary>
internal sealed class RecentEntries(int countMax)
{
    private readonly Lock _gate = new();
    private readonly JournalEntry[] _ring = new JournalEntry[countMax];
    private int _first;
    private int _count;

    /// <summary>Everything above this is here, up to the last.</summary>
    public Lsn Floor { get; private set; } = Lsn.None;

    /// <summary>The newest; null while there is none.</summary>
    public JournalEntry? Last
    {
        get
        {
            lock (_gate)
            {
                return _count == 0 ? null : At(_count - 1);
            }
        }
    }

    public void Add(JournalEntry entry)
    {
        lock (_gate)
        {
            if (_count == countMax)
            {
                Floor = _ring[_first].Lsn;
                _first = (_first + 1) % countMax;
                _count--;
            }

            _ring[(_first + _count++) % countMax] = entry;
        }
    }

    public JournalEntry? Find(Lsn lsn)
    {
        lock (_gate)
        {
            var index = IndexFrom(lsn);
            return index < _count && At(index).Lsn == lsn ? At(index) : null;
        }
    }

    /// <returns>All that follow, or null when some of them are not here any more.</returns>
    public IReadOnlyList<JournalEntry>? After(Lsn after)
    {
        lock (_gate)
        {
            if (after < Floor)
            {
                return null;
            }

            var following = new List<JournalEntry>();
            for (var index = IndexFrom(new Lsn(after.Value + 1)); index < _count; index++)
            {
                following.Add(At(index));
            }

            return following;
        }
    }

    private JournalEntry At(int index) => _ring[(_first + index) % countMax];

    /// <summary>Of the first entry at or behind the position.</summary>
    private int IndexFrom(Lsn lsn)
    {
        var (low, high) = (0, _count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = At(middle).Lsn < lsn ? (middle + 1, high) : (low, middle);
        }

        return low;
    }
}
