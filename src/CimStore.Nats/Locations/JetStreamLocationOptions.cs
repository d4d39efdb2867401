using CimStore.Locations;

namespace CimStore.Nats.Locations;

/// <summary>A KV bucket and an object bucket as one place for copies.</summary>
public sealed class JetStreamLocationOptions
{
    public required LocationId Id { get; init; }

    public required LocationTraits Traits { get; init; }

    /// <summary>For content that fits a message and is smaller than <see cref="KeyValueSizeMaxBytes"/>.</summary>
    public required string KeyValueBucket
    {
        get;
        init => field = BucketName.Check(value);
    }

    /// <summary>For everything else.</summary>
    public required string ObjectBucket
    {
        get;
        init => field = BucketName.Check(value);
    }

    /// <summary>The size matrix's border (D4): from here on content is an object, chunked.</summary>
    public int KeyValueSizeMaxBytes
    {
        get;
        init => field = Limit.Between(value, 0, 1 << 20);
    } = 1 << 20;

    /// <inheritdoc cref="BucketLocationOptions.ServerSyncsAlways"/>
    public bool ServerSyncsAlways { get; init; }

    /// <inheritdoc cref="BucketLocationOptions.ChunkSizeBytes"/>
    public int ChunkSizeBytes { get; init; } = 64 * 1024;

    /// <inheritdoc cref="BucketLocationOptions.ChunksInFlightMax"/>
    public int ChunksInFlightMax { get; init; } = 32;

    /// <inheritdoc cref="BucketLocationOptions.OrphanAge"/>
    public TimeSpan OrphanAge { get; init; } = TimeSpan.FromDays(1);

    internal BucketLocationOptions Of(string bucket) => new()
    {
        Id = Id,
        Traits = Traits,
        Bucket = bucket,
        ServerSyncsAlways = ServerSyncsAlways,
        ChunkSizeBytes = ChunkSizeBytes,
        ChunksInFlightMax = ChunksInFlightMax,
        OrphanAge = OrphanAge,
    };
}
