using CimStore.Bench.Peers;

namespace CimStore.Bench.Store;

/// <summary>Who can take part, and how each is opened in a fresh directory.</summary>
internal static class Field
{
    public const string Ours = "cimstore";

    /// <summary>Out of memory, proved at each get, as is the default.</summary>
    public const string OursCached = "cimstore-cached";

    /// <summary>Out of memory, proved only when it came in.</summary>
    public const string OursTrusting = "cimstore-trusting";

    /// <summary>Read from the log and proved at each get.</summary>
    public const string OursUncached = "cimstore-uncached";

    /// <summary>Who is compared where every peer is: the caches of ours differ only in gets.</summary>
    public static IEnumerable<string> Writers => All.Keys.Where(name => name == Ours || !IsOurs(name));

    public static readonly IReadOnlyDictionary<string, Func<string, int, ValueTask<IContender>>> All =
        new Dictionary<string, Func<string, int, ValueTask<IContender>>>
        {
            [Ours] = async (folder, count) => await CimPeer.OpenAsync(folder, count),
            [OursCached] = async (folder, count) => await CimPeer.OpenAsync(folder, count, OursCached),
            [OursTrusting] = async (folder, count) => await CimPeer.OpenAsync(
                folder, count, OursTrusting, static cache => cache.ProvesEachRead = false),
            [OursUncached] = async (folder, count) => await CimPeer.OpenAsync(
                folder, count, OursUncached, static cache => cache.SizeMaxBytes = 0),
            ["rocksdb"] = (folder, count) => Opened(new RocksPeer(folder, count, queue: false, blobs: false)),
            ["rocksdb-queue"] = (folder, count) => Opened(new RocksPeer(folder, count, queue: true, blobs: false)),
            ["rocksdb-blob"] = (folder, count) => Opened(new RocksPeer(folder, count, queue: false, blobs: true)),
            ["rocksdb-blob-queue"] = (folder, count) => Opened(new RocksPeer(folder, count, queue: true, blobs: true)),
            ["lmdb"] = (folder, count) => Opened(new LmdbPeer(folder, count, writeMap: false)),
            ["lmdb-writemap"] = (folder, count) => Opened(new LmdbPeer(folder, count, writeMap: true)),
            ["sqlite"] = (folder, count) => Opened(new SqlitePeer(folder, count)),
            ["files"] = (folder, count) => Opened(new FilesPeer(folder, count, batched: false)),
            ["files-syncfs"] = (folder, count) => Opened(new FilesPeer(folder, count, batched: true)),
        };

    public static bool IsOurs(string contender) => contender.StartsWith(Ours, StringComparison.Ordinal);

    private static ValueTask<IContender> Opened(IContender contender) => ValueTask.FromResult(contender);
}
