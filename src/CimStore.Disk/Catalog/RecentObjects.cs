using System.Numerics;
using System.Runtime.Intrinsics;
using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Disk.Catalog;

/// <summary>
/// What the index said lately of objects: a get of one of them asks the index nothing. A fixed table of small sets, so
/// that its memory has a bound and a reader takes no lock. Whoever changes the index forgets the object afterwards.
/// </summary>
internal sealed class RecentObjects
{
    /// <summary>8,192 sets of 8: 65,536 records of some 500 bytes are 32 MiB, of a node's 250.</summary>
    public const int CountMax = SetCount * WayCount;

    private const int SetCount = 8192;
    private const int WayCount = 8;
    private const int GateCount = 64;

    private readonly uint[] _tags = new uint[CountMax];
    private readonly RecentObject?[] _objects = new RecentObject?[CountMax];
    private readonly uint[] _versions = new uint[SetCount];
    private readonly byte[] _oldest = new byte[SetCount];
    private readonly Lock[] _gates = [.. Enumerable.Range(0, GateCount).Select(_ => new Lock())];

    /// <summary>To be taken before the index is read, and given to <see cref="Add"/>: what changed in between is not
    /// kept.</summary>
    public uint Version(ContentKey key) => Volatile.Read(ref _versions[SetOf(HashOf(key))]);

    public RecentObject? Find(ContentKey key)
    {
        var hash = HashOf(key);
        for (var ways = Ways(hash); ways != 0; ways &= ways - 1)
        {
            var found = Volatile.Read(ref _objects[SlotOf(hash, ways)]);
            if (found is not null && found.Record.Key == key)
            {
                return found;
            }
        }

        return null;
    }

    /// <param name="record">What the index said.</param>
    /// <param name="version">From before it was asked.</param>
    public void Add(ObjectRecord record, uint version)
    {
        var hash = HashOf(record.Key);
        var set = SetOf(hash);
        lock (_gates[set % GateCount])
        {
            if (_versions[set] != version || Find(record.Key) is not null)
            {
                return;
            }

            var slot = (set * WayCount) + (_oldest[set]++ % WayCount);
            _tags[slot] = hash;
            Volatile.Write(ref _objects[slot], new RecentObject(record));
        }
    }

    /// <summary>To be called after the index was changed, before anybody is told of the change.</summary>
    public void Forget(ContentKey key)
    {
        var hash = HashOf(key);
        var set = SetOf(hash);
        lock (_gates[set % GateCount])
        {
            _versions[set]++;
            for (var ways = Ways(hash); ways != 0; ways &= ways - 1)
            {
                ref var slot = ref _objects[SlotOf(hash, ways)];
                if (slot is not null && slot.Record.Key == key)
                {
                    Volatile.Write(ref slot, null);
                }
            }
        }
    }

    private static uint HashOf(in ContentKey key) => (uint)key.GetHashCode();

    private static int SetOf(uint hash) => (int)(hash % SetCount);

    private static int SlotOf(uint hash, uint ways) => (SetOf(hash) * WayCount) + BitOperations.TrailingZeroCount(ways);

    /// <returns>A bit for each way of the set whose tag is this hash; a reader that raced a writer looks at the key.
    /// </returns>
    private uint Ways(uint hash)
    {
        var tags = Vector256.LoadUnsafe(ref _tags[SetOf(hash) * WayCount]);
        return Vector256.Equals(tags, Vector256.Create(hash)).ExtractMostSignificantBits();
    }
}
