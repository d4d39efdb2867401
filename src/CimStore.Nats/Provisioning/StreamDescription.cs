using System.Collections.Immutable;

namespace CimStore.Nats.Provisioning;

/// <summary>A stream as it is wanted. What exists is valid: setters check.</summary>
public sealed record StreamDescription
{
    public required string Name
    {
        get;
        init => field = Locations.BucketName.Check(value);
    }

    public required ImmutableArray<string> Subjects
    {
        get;
        init => field = value.FirstOrDefault(StreamLint.TakesCommands) is not { } taken
            ? value
            : throw new ArgumentException(
                $"A stream on '{taken}' would take 'commands.>', and its acknowledgement would answer a requester "
                + "before the service does. A durable intake has a subject of its own.");
    }

    public string Description { get; init; } = "";

    public StreamStorage Storage { get; init; }

    public StreamRetention Retention { get; init; }

    public StreamDiscard Discard { get; init; }

    /// <summary>1, or 3 and more: with two the loss of either stops writes.</summary>
    public int Replicas
    {
        get;
        init => field = value switch
        {
            2 => throw new ArgumentException(
                "Two replicas are refused: a majority of two is two, so losing either stops writes. Take 1, 3 or 5."),
            >= 1 and <= 5 => value,
            _ => throw new ArgumentOutOfRangeException(nameof(Replicas), value, "Replicas must be 1, 3, 4 or 5."),
        };
    } = 1;

    /// <summary>Zero for ever.</summary>
    public TimeSpan MaxAge
    {
        get;
        init => field = Limit.Between(value, TimeSpan.Zero, TimeSpan.FromDays(36_500));
    }

    /// <summary>-1 for no limit.</summary>
    public long MaxMessages { get; init; } = -1;

    /// <summary>-1 for no limit.</summary>
    public long MaxMessagesPerSubject { get; init; } = -1;

    /// <summary>-1 for no limit.</summary>
    public long MaxBytes { get; init; } = -1;

    /// <summary>-1 for the server's own limit.</summary>
    public int MaxMessageBytes { get; init; } = -1;

    /// <summary>For how long a message's id is known, so that it counts once.</summary>
    public TimeSpan DuplicateWindow
    {
        get;
        init => field = Limit.Between(value, TimeSpan.FromMilliseconds(100), TimeSpan.FromDays(365));
    } = TimeSpan.FromMinutes(2);

    /// <summary>The cluster it is to live in; null for any.</summary>
    public string? PlacementCluster { get; init; }

    /// <summary>Tags that its servers must have.</summary>
    public ImmutableArray<string> PlacementTags { get; init; } = [];

    public bool AllowsRollup { get; init; }

    /// <summary>Whether any replica answers reads, also one that lags.</summary>
    public bool AllowsDirectGet { get; init; }

    public bool DeniesDelete { get; init; }

    /// <summary>Compressed by the server, from 2.10 on.</summary>
    public bool IsCompressed { get; init; }

    /// <summary>Notes that the stream carries, from 2.10 on.</summary>
    public ImmutableSortedDictionary<string, string> Metadata { get; init; } =
        ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>
    /// Whether a setting that the server's version drops is left out and said, instead of refusing the stream.
    /// </summary>
    public bool LeavesOutWhatTheServerLacks { get; init; }
}
