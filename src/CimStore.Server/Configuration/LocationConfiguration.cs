using System.Collections.Immutable;
using CimStore.Locations;
using CimStore.Policies;

namespace CimStore.Server.Configuration;

/// <summary>A location as its operator describes it: the log, a pool, one directory, or a bucket.</summary>
public abstract record LocationConfiguration
{
    private LocationConfiguration()
    {
    }

    public required LocationId Id { get; init; }

    public required StorageTier Tier { get; init; }

    public string Medium { get; init; } = "unknown";

    /// <summary>Failure-domain labels: region, zone, rack, node, device.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    public LocationCost Cost { get; init; } = LocationCost.Free;

    public LocationState State { get; init; } = LocationState.Active;

    public string? Provider { get; init; }

    public bool IsOffsite { get; init; }

    /// <summary>As the file says it: log, pool, directory or s3.</summary>
    public abstract string Kind { get; }

    /// <summary>The directories it owns, absolute; none for the log, whose directory is the node's.</summary>
    public abstract ImmutableArray<string> Paths { get; }

    /// <summary>What policies may know.</summary>
    /// <param name="level">
    /// A pool of several sets speaks for the set that survives the least at this level: a copy may lie in any of them.
    /// </param>
    public virtual LocationTraits TraitsAt(FailureDomainLevel level) => new()
    {
        Tier = Tier,
        Medium = Medium,
        Labels = Labels,
        Cost = Cost,
        Provider = Provider,
        IsOffsite = IsOffsite,
    };

    /// <summary>A KV bucket and an object bucket of a cluster's NATS servers.</summary>
    public sealed record JetStreamBuckets : LocationConfiguration
    {
        public required string ValuesBucket { get; init; }

        public required string ObjectsBucket { get; init; }

        public int Replicas { get; init; } = 1;

        public bool ServersSyncAlways { get; init; }

        public override string Kind => "jetstream";

        public override ImmutableArray<string> Paths => [];
    }

    /// <summary>The embedded log in the data directory: exactly one, and always hot; none in a cluster.</summary>
    public sealed record Log : LocationConfiguration
    {
        public override string Kind => "log";

        public override ImmutableArray<string> Paths => [];
    }

    /// <summary>An erasure-coded pool: each copy lies in one set, a shard in each of its directories (D11).</summary>
    public sealed record Pool : LocationConfiguration
    {
        public required int DataShards { get; init; }

        public required int ParityShards { get; init; }

        public required int BlockBytes { get; init; }

        /// <summary>Each has a directory for each shard, in the order of the shards.</summary>
        public required ImmutableArray<ImmutableArray<PoolDirectoryConfiguration>> Sets { get; init; }

        public override string Kind => "pool";

        public override ImmutableArray<string> Paths =>
            [.. Sets.SelectMany(set => set).Select(directory => directory.Path)];

        public override LocationTraits TraitsAt(FailureDomainLevel level)
        {
            var weakest = Sets.MinBy(set => FailureDomains.Survived(set, DataShards, level));
            return base.TraitsAt(level) with
            {
                Parts = [.. weakest.Select(directory => directory.Labels)],
                PartsNeeded = DataShards,
            };
        }
    }

    /// <summary>One directory that holds whole copies.</summary>
    public sealed record Directory : LocationConfiguration
    {
        /// <summary>Absolute.</summary>
        public required string Path { get; init; }

        public StoredCompression Compression { get; init; } = StoredCompression.None;

        public LocationCapabilities Capabilities { get; init; } = LocationCapabilities.RangeReads;

        public override string Kind => "directory";

        public override ImmutableArray<string> Paths => [Path];

        public override LocationTraits TraitsAt(FailureDomainLevel level) =>
            base.TraitsAt(level) with { Capabilities = Capabilities };
    }

    /// <summary>A bucket of a server that speaks S3, or a part of one.</summary>
    public sealed record Bucket : LocationConfiguration
    {
        public required S3BucketConfiguration Settings { get; init; }

        public override string Kind => "s3";

        public override ImmutableArray<string> Paths => [];
    }
}
