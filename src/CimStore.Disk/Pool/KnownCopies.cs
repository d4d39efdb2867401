using CimStore.Locations;

namespace CimStore.Disk.Pool;

/// <summary>What was found out lately of copies: a large one is asked for again with each part that is read.</summary>
internal sealed class KnownCopies
{
    private const int CountMax = 1024;

    private readonly Lock _gate = new();
    private readonly Dictionary<(ContentKey Key, ulong Incarnation), PoolCopy> _copies = [];

    public PoolCopy? Find(in ContentKey key, ulong incarnation)
    {
        lock (_gate)
        {
            return _copies.GetValueOrDefault((key, incarnation));
        }
    }

    public void Add(in ContentKey key, ulong incarnation, PoolCopy copy)
    {
        lock (_gate)
        {
            if (_copies.Count >= CountMax)
            {
                _copies.Clear();
            }

            _copies[(key, incarnation)] = copy;
        }
    }

    public void Forget(in ContentKey key, ulong incarnation)
    {
        lock (_gate)
        {
            _copies.Remove((key, incarnation));
        }
    }

    public void Clear()
    {
        lock (_gate)
        {
            _copies.Clear();
        }
    }
}
