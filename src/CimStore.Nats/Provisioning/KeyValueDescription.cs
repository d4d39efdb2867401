using System.Collections.Immutable;

namespace CimStore.Nats.Provisioning;

/// <summary>A KV bucket as it is wanted.</summary>
public sealed record KeyValueDescription
{
    public required string Bucket
    {
        get;
        init => field = Locations.BucketName.Check(value);
    }

    public string Description { get; init; } = "";

    /// <summary>
    /// Whether decisions rest on its values: then it is read through its leader alone, and never through a replica that
    /// may lag (D14).
    /// </summary>
    public bool HoldsMetadata { get; init; }

    /// <summary>How many values of a key are kept.</summary>
    public int History
    {
        get;
        init => field = Limit.Between(value, 1, 64);
    } = 1;

    public StreamStorage Storage { get; init; }

    public int Replicas { get; init; } = 1;

    public TimeSpan MaxAge { get; init; }

    public long MaxBytes { get; init; } = -1;

    public int MaxValueBytes { get; init; } = -1;

    public string? PlacementCluster { get; init; }

    public ImmutableArray<string> PlacementTags { get; init; } = [];

    /// <summary>As every client of KV makes its stream (ADR-8 of the NATS project).</summary>
    internal StreamDescription ToStream() => new()
    {
        Name = $"KV_{Bucket}",
        Subjects = [$"$KV.{Bucket}.>"],
        Description = Description,
        Storage = Storage,
        Discard = StreamDiscard.New,
        Replicas = Replicas,
        MaxAge = MaxAge,
        MaxMessagesPerSubject = History,
        MaxBytes = MaxBytes,
        MaxMessageBytes = MaxValueBytes,
        DuplicateWindow = MaxAge > TimeSpan.Zero && MaxAge < TimeSpan.FromMinutes(2) ? MaxAge : TimeSpan.FromMinutes(2),
        PlacementCluster = PlacementCluster,
        PlacementTags = PlacementTags,
        AllowsRollup = true,
        AllowsDirectGet = !HoldsMetadata,
        DeniesDelete = true,
    };
}
