using System.Collections.Immutable;
using CimStore.Locations;

namespace CimStore.Objects;

/// <summary>What a decision sees beside the record: time, places, and what the policies answered.</summary>
public sealed record DecisionFacts
{
    public required DateTimeOffset Now { get; init; }

    /// <summary>How long content stays after its last reference went.</summary>
    public required TimeSpan Grace { get; init; }

    /// <summary>Where new content goes.</summary>
    public required LocationId Location { get; init; }

    public required StorageTier Tier { get; init; }

    /// <summary>Tiers that have a location bound to them.</summary>
    public required ImmutableArray<StorageTier> Tiers { get; init; }

    /// <summary>Which tier each location is bound to.</summary>
    public ImmutableDictionary<LocationId, StorageTier> TierOf { get; init; } =
        ImmutableDictionary<LocationId, StorageTier>.Empty;

    /// <summary>Distinct failure domains among the locations.</summary>
    public required int Domains { get; init; }

    /// <summary>What is true once the event is durable; only a Store needs it.</summary>
    public DurabilityReceipt? Receipt { get; init; }

    /// <summary>Journal the command although it changes nothing, because its message id must be remembered.</summary>
    public bool IsRemembered { get; init; }

    /// <summary>The name's current record, for commands about names.</summary>
    public NameRecord? Name { get; init; }

    /// <summary>The record of the content that the name names now, when a name moves.</summary>
    public ObjectRecord? NamedBefore { get; init; }
}
