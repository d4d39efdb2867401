using CimStore.Locations;

namespace CimStore.Disk.Pool;

/// <summary>One copy: what it is, and where each of its shards lies.</summary>
/// <param name="Shards">By the shard's number; null where none is known or its directory is not used.</param>
/// <param name="IsAway">By the shard's number: it may lie in a directory that is not used now.</param>
internal sealed record PoolCopy(ShardDescription Description, int Set, PoolShard?[] Shards, bool[] IsAway)
{
    private readonly bool[] _bad = new bool[Shards.Length];
    private readonly LocationException?[] _unread = new LocationException?[Shards.Length];

    /// <summary>Found wrong or unreadable since the copy was looked up: others are asked first.</summary>
    public bool IsBad(int shard) => Volatile.Read(ref _bad[shard]);

    /// <summary>Read, and wrong; or not there where it should be.</summary>
    public void MarkBad(int shard) => Mark(shard, null);

    /// <summary>Not read: what it would have said is not known.</summary>
    public void MarkUnread(int shard, LocationException why) => Mark(shard, why);

    /// <summary>Why it could not be read when it was last tried; null when it was read, right or wrong.</summary>
    public LocationException? WhyUnread(int shard) => Volatile.Read(ref _unread[shard]);

    private void Mark(int shard, LocationException? why)
    {
        Volatile.Write(ref _unread[shard], why);
        Volatile.Write(ref _bad[shard], true);
    }
}
