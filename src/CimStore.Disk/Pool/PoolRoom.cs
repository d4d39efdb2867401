using CimStore.Disk.Files;
using CimStore.Locations;

namespace CimStore.Disk.Pool;

/// <summary>The room of a pool, in bytes of content: a directory gets one k-th of each copy of its set.</summary>
internal static class PoolRoom
{
    /// <param name="sets">The file systems of each set's directories that answer, one for each directory.</param>
    /// <param name="dataShards">k.</param>
    /// <param name="writeQuorum">Directories that a copy needs to be taken.</param>
    /// <returns>That of its sets together, as a copy goes into one that has room.</returns>
    public static LocationRoom Of(IReadOnlyList<List<DiskSpace>> sets, int dataShards, int writeQuorum)
    {
        // However many sets share a device, its room is there once.
        var directories = sets.SelectMany(static set => set).CountBy(static space => space.Device).ToDictionary();
        var writable = sets.Where(set => set.Count >= writeQuorum).ToList();
        var (total, free) = (0L, 0L);
        foreach (var set in writable.Count > 0 ? writable : sets.Where(static set => set.Count > 0))
        {
            // The fullest of those that a write cannot do without. The sum of all would hide it, and copies fail
            // there; the fullest of all would end what goes on with parts that are owed, as when that one is away.
            var needed = set.OrderBy(static space => FillShare(space))
                .ElementAt(Math.Min(writeQuorum, set.Count) - 1);
            total += needed.BytesTotal / directories[needed.Device] * dataShards;
            free += needed.BytesFree / directories[needed.Device] * dataShards;
        }

        // Without a directory it is away, and not full.
        return directories.Count == 0 ? new LocationRoom(null, null) : new LocationRoom(total, free);
    }

    private static double FillShare(in DiskSpace space) =>
        space.BytesTotal > 0 ? 1 - ((double)space.BytesFree / space.BytesTotal) : 0;
}
