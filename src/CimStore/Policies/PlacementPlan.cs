using System.Collections.Immutable;
using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Policies;

/// <summary>Where content goes, what of it comes before the answer, what is owed after it, and why.</summary>
public sealed record PlacementPlan
{
    public required DurabilityClass Class { get; init; }

    public required ConsistencyLevel Level { get; init; }

    /// <summary>Where it must be verified and durable before the acknowledgement; the home location first.</summary>
    public ImmutableArray<LocationId> BeforeAcknowledgement { get; init; } = [];

    /// <summary>Where it follows as a debt, in the order of need.</summary>
    public ImmutableArray<LocationId> Owed { get; init; } = [];

    /// <summary>
    /// Those of both lists whose copies the class counts. Not among them: a cache copy (D5), and what the size or
    /// medium asked for beyond the class.
    /// </summary>
    public ImmutableArray<LocationId> Counted { get; init; } = [];

    /// <summary>Effective copies that the class requires in the end.</summary>
    public int CopiesRequired { get; init; }

    /// <summary>Effective copies that the class and the level require before the acknowledgement (D12).</summary>
    public int CopiesBeforeAcknowledgement { get; init; }

    /// <summary>Effective copies the class still owes at the acknowledgement; 0 when it is satisfied.</summary>
    public int CopiesOwed { get; init; }

    /// <summary>Of those owed, the ones without a location; above 0 only where the debt was accepted.</summary>
    public int CopiesUnplaced { get; init; }

    /// <summary>
    /// False when all content that is asked for alike, and is of the same home in the size matrix, has this very plan
    /// while the locations stay as they are and have the room: it may be kept and used again.
    /// </summary>
    public bool DependsOnContent { get; init; }

    /// <summary>The rules and facts that led here, in words.</summary>
    public string Reason { get; init; } = "";

    /// <summary>Set when nothing may be stored: the lists are empty then.</summary>
    public Rejection? Rejection { get; init; }

    public bool IsAccepted => Rejection is null;
}
