using CimStore.Locations;

namespace CimStore.Disk.Catalog;

/// <summary>A set of few keys that may take another for one of them (one in 64 when it holds 64), never the other way.
/// </summary>
internal sealed class KeyMask
{
    private const int BitCount = 4096;

    private readonly ulong[] _bits = new ulong[BitCount / 64];
    private readonly List<ContentKey> _keys = [];

    public void Add(in ContentKey key)
    {
        _keys.Add(key);
        var bit = (uint)key.GetHashCode() % BitCount;
        _bits[bit / 64] |= 1UL << (int)(bit % 64);
    }

    public bool MayHold(in ContentKey key)
    {
        var bit = (uint)key.GetHashCode() % BitCount;
        return (_bits[bit / 64] & (1UL << (int)(bit % 64))) != 0;
    }

    /// <summary>Exact, and slow.</summary>
    public bool Holds(in ContentKey key) => _keys.Contains(key);
}
