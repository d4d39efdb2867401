using CimStore.Locations;

namespace CimStore.Disk.Pool;

/// <summary>What was found out lately of copies: a large one is asked for again with each part that is read.</summary>
internal sealed class KnownCopies
{
    private const int CountMax = 1024;

    private readonly Lock _gate = new();
    private readonly Dictionary<(ContentKey Key, ulong Incarnation), PoolCopy> _copies = [];
    private long _age;

    /// <summary>Grows with everything that is forgotten.</summary>
    public long Age
    {
        get
        {
            lock (_gate)
            {
                return _age;
            }
        }
    }

    public PoolCopy? Find(in ContentKey key, ulong incarnation)
    {
        lock (_gate)
        {
            return _copies.GetValueOrDefault((key, incarnation));
        }
    }

    /// <param name="key">Of which content.</param>
    /// <param name="incarnation">Which copy.</param>
    /// <param name="copy">What was found out.</param>
    /// <param name="age">
    /// Before that was looked for. What is older than something forgotten since is not kept: it may be that.
    /// </param>
    public void Add(in ContentKey key, ulong incarnation, PoolCopy copy, long age)
    {
        lock (_gate)
        {
            if (age != _age)
            {
                return;
            }

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
            _age++;
        }
    }

    public void Clear()
    {
        lock (_gate)
        {
            _copies.Clear();
            _age++;
        }
    }
}
