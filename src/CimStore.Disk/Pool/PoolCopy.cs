namespace CimStore.Disk.Pool;

/// <summary>One copy: what it is, and where each of its shards lies.</summary>
/// <param name="Shards">By the shard's number; null where none is known or its directory is not used.</param>
/// <param name="IsOffline">Some shards are known in directories that are not used now.</param>
internal sealed record PoolCopy(ShardDescription Description, int Set, PoolShard?[] Shards, bool IsOffline)
{
    private readonly bool[] _bad = new bool[Shards.Length];

    /// <summary>Found wrong since the copy was looked up: others are asked first.</summary>
    public bool IsBad(int shard) => Volatile.Read(ref _bad[shard]);

    public void MarkBad(int shard) => Volatile.Write(ref _bad[shard], true);
}
