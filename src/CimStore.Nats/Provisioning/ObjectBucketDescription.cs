using System.Collections.Immutable;

namespace CimStore.Nats.Provisioning;

/// <summary>An object bucket as it is wanted. It has no age: content would be gone in silence.</summary>
public sealed record ObjectBucketDescription
{
    public required string Bucket
    {
        get;
        init => field = Locations.BucketName.Check(value);
    }

    public string Description { get; init; } = "";

    public StreamStorage Storage { get; init; }

    public int Replicas { get; init; } = 1;

    public long MaxBytes { get; init; } = -1;

    public string? PlacementCluster { get; init; }

    public ImmutableArray<string> PlacementTags { get; init; } = [];

    public bool IsCompressed { get; init; }

    public bool LeavesOutWhatTheServerLacks { get; init; }

    /// <summary>As every client of the Object Store makes its stream (ADR-20 of the NATS project).</summary>
    internal StreamDescription ToStream() => new()
    {
        Name = $"OBJ_{Bucket}",
        Subjects = [$"$O.{Bucket}.C.>", $"$O.{Bucket}.M.>"],
        Description = Description,
        Storage = Storage,
        Discard = StreamDiscard.New,
        Replicas = Replicas,
        MaxBytes = MaxBytes,
        PlacementCluster = PlacementCluster,
        PlacementTags = PlacementTags,
        AllowsRollup = true,
        AllowsDirectGet = true,
        IsCompressed = IsCompressed,
        LeavesOutWhatTheServerLacks = LeavesOutWhatTheServerLacks,
    };
}
