using System.Collections.Immutable;
using CimStore.Locations;

namespace CimStore.Disk.Pool;

/// <summary>How a pool is set up. Paths are absolute.</summary>
public sealed record PoolOptions
{
    public required LocationId Id { get; init; }

    /// <summary>Its parts are the directories of one set, in their order.</summary>
    public required LocationTraits Traits { get; init; }

    /// <summary>Shards that hold the content: any so many of the k+m suffice to read it.</summary>
    public int DataShards { get; init; } = 4;

    /// <summary>Shards beyond that: so many directories may be lost.</summary>
    public int ParityShards { get; init; } = 4;

    /// <summary>
    /// What a shard holds of a stripe of large content. 64 KiB: a range of 16 KiB reads four times as much, and a
    /// stripe of 4+4 fits the processor's second cache.
    /// </summary>
    public int BlockBytes { get; init; } = 64 << 10;

    /// <summary>Each of k+m directories; one more set makes the pool larger.</summary>
    public required ImmutableArray<ImmutableArray<string>> Sets { get; init; }

    /// <summary>Where the node keeps the pool's index and knows that the pool was made.</summary>
    public required string StateDirectory { get; init; }

    /// <summary>Content up to this size goes into the shard logs; the same limit as the node's own log has.</summary>
    public int InlineSizeMaxBytes { get; init; } = 1 << 20;

    /// <summary>
    /// One file of a shard log. Smaller than the node's own: it is set aside in every directory, and half of the last
    /// one is empty on average.
    /// </summary>
    public int SegmentBytes { get; init; } = 16 << 20;

    /// <summary>Use file systems that cannot promise durability (D28).</summary>
    public bool ForceUnsafe { get; init; }

    public int TotalShards => DataShards + ParityShards;
}
