using System.Collections.Immutable;
using CimStore.Content;
using CimStore.Locations;

namespace CimStore.Objects;

/// <summary>
/// The catalog's record of one content. It is a pure function of the journal: <c>ObjectHistory.Apply</c> makes
/// it from the events, so the index can be rebuilt at any time.
/// </summary>
public sealed record ObjectRecord
{
    public required ContentKey Key { get; init; }

    public required long SizeBytes { get; init; }

    /// <summary>
    /// The BLAKE3 of the plaintext, also when the CID is made with another hash: ranges are proved against it.
    /// </summary>
    public required Cid Root { get; init; }

    public DurabilityClass Class { get; init; } = DurabilityClass.Ephemeral;

    public DataClass DataClass { get; init; }

    public AccessPattern Pattern { get; init; }

    public StorageTier Tier { get; init; }

    public ImmutableArray<Copy> Copies { get; init; } = [];

    public ImmutableArray<Reference> References { get; init; } = [];

    public required Lsn Created { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>LSN of the last event that changed this record: what a compare-and-set compares.</summary>
    public required Lsn Revision { get; init; }

    public Tombstone? Tombstone { get; init; }

    /// <summary>Set while nothing refers to content stored to be named later: it goes after this instant.</summary>
    public DateTimeOffset? UnreferencedUntil { get; init; }

    /// <summary>When the bytes may be released; null while something keeps them or when they already are.</summary>
    public DateTimeOffset? ExpiresAt =>
        Tombstone is null ? UnreferencedUntil : Tombstone.Released is null ? Tombstone.GraceEndsAt : null;

    public bool IsPresent => Tombstone is null;
}
