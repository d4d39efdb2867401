using CimStore.Disk.Catalog;

namespace CimStore.Disk.Pool;

/// <summary>Where a shard lies.</summary>
internal sealed record PoolShard(ShardDirectory Directory, Place Place);
