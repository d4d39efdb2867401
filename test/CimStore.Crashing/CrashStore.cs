using CimStore.Disk;
using CimStore.Disk.Files;

namespace CimStore.Crashing;

/// <summary>
/// The store that is killed, small in everything that has a size: segments roll, the index writes files, compaction has
/// work, all within the few hundred operations that a life lasts.
/// </summary>
internal static class CrashStore
{
    public const int InlineSizeMaxBytes = 128 << 10;

    public static DiskStoreOptions Options(string directory) => new()
    {
        DataDirectory = directory,

        // The proof is about the process, not the device: a build machine's scratch room may be anything.
        ForceUnsafe = true,
        SegmentBytes = 512 << 10,
        InlineSizeMaxBytes = InlineSizeMaxBytes,
        IndexMemoryBytes = 1 << 20,
        IndexCacheBytes = 1 << 20,
        CompactBelowLiveShare = 0.8,
        RecycledSegmentsMax = 1,
    };

    public static DiskStoreParts Parts(IDisk disk) =>
        new(disk, null, static log => log.IdleMarkDelay = TimeSpan.FromMilliseconds(2));
}
