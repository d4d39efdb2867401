using CimStore.Locations;

namespace CimStore.Disk.Catalog;

/// <summary>
/// Says of most objects that are not in the index that they are not there, without asking it: a Bloom filter whose bits
/// for one key lie in one 64-bit word (a blocked filter: Putze, Sanders, Singler, "Cache-, Hash- and Space-Efficient
/// Bloom Filters", 2007). It grows by layers, each twice as large as the one before (scalable: Almeida et al., 2007).
/// Readers take no lock; keys are added one at a time.
/// </summary>
internal sealed class ObjectFilter
{
    /// <summary>16 bits each: 32 MiB, and from then on every object may be there.</summary>
    public const int KeysMax = 16 << 20;

    private const int FirstLayerKeys = 1 << 16;
    private const int KeysPerWord = 4;
    private const int BitsPerKey = 4;
    private const int BitIndexBits = 6;

    /// <summary>The 64-bit golden ratio spreads the hash over what picks the word and what picks the bits.</summary>
    private const ulong Spread = 0x9E3779B97F4A7C15;

    private readonly Lock _gate = new();
    private readonly int _keysMax;

    // Null once it is full.
    private ulong[][]? _layers = [];
    private int _room;
    private int _held;

    public ObjectFilter(int keysMax = KeysMax) => _keysMax = keysMax;

    /// <summary>Bytes of its bits.</summary>
    public long SizeBytes => Volatile.Read(ref _layers)?.Sum(static layer => (long)layer.Length * sizeof(ulong)) ?? 0;

    /// <summary>False only for an object that was never added.</summary>
    public bool MayHold(in ContentKey key)
    {
        if (Volatile.Read(ref _layers) is not { } layers)
        {
            return true;
        }

        var hash = HashOf(key);
        var bits = BitsOf(hash);
        foreach (var layer in layers)
        {
            if ((Volatile.Read(ref layer[WordOf(hash, layer)]) & bits) == bits)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Known to every reader who is told of the object afterwards.</summary>
    public void Add(in ContentKey key)
    {
        var hash = HashOf(key);
        lock (_gate)
        {
            if (_room == 0)
            {
                Grow();
            }

            if (_layers is [.., var layer])
            {
                ref var word = ref layer[WordOf(hash, layer)];
                Volatile.Write(ref word, word | BitsOf(hash));
                _room--;
            }
        }
    }

    private void Grow()
    {
        if (_layers is null)
        {
            return;
        }

        var keys = _layers is [.., var last] ? last.Length * KeysPerWord * 2 : FirstLayerKeys;
        if (_held + keys > _keysMax)
        {
            Volatile.Write(ref _layers, null);
            return;
        }

        Volatile.Write(ref _layers, [.. _layers, new ulong[keys / KeysPerWord]]);
        (_room, _held) = (keys, _held + keys);
    }

    private static ulong HashOf(in ContentKey key) => unchecked((uint)key.GetHashCode() * Spread);

    private static int WordOf(ulong hash, ulong[] layer) => (int)(hash >> 32) & (layer.Length - 1);

    /// <returns>A word with the key's bits set; two of them may be the same.</returns>
    private static ulong BitsOf(ulong hash)
    {
        var bits = 0UL;
        for (var index = 0; index < BitsPerKey; index++)
        {
            bits |= 1UL << (int)(hash >> (index * BitIndexBits));
        }

        return bits;
    }
}
