using System.Collections.Immutable;
using CimStore.Content;
using CimStore.Locations;

namespace CimStore.Objects;

/// <summary>
/// Facts of the storage context. Closed: every case is walked through Apply and both wire forms by a test.
/// </summary>
public abstract record StorageEvent
{
    private StorageEvent()
    {
    }

    /// <summary>
    /// Content became durable, or another reference to content already held did (<paramref name="Deduplicated"/>).
    /// </summary>
    /// <param name="GraceEndsAt">Set when nothing refers to the content: it is named before then, or it goes.</param>
    /// <param name="Receipt">Its LSN is left empty: it is the entry's.</param>
    /// <param name="Incarnation">What the location gave the copy; zero where the journal's own log is the location, and
    /// the copy has the position of the entry.</param>
    public sealed record Stored(
        ContentKey Key, Cid Root, long SizeBytes, LocationId Location, StorageTier Tier, DurabilityClass Class,
        DataClass DataClass, AccessPattern Pattern, CopyHeader Header, Reference? Reference, bool Deduplicated,
        DurabilityReceipt Receipt, DateTimeOffset? GraceEndsAt = null, ulong Incarnation = 0) : StorageEvent;

    /// <summary>
    /// Content was read. Reads are counted in memory and told in batches (D17), so one event stands for many.
    /// </summary>
    /// <param name="Location">Where the last of them was served from.</param>
    /// <param name="Latency">How long they took on average, to the last byte.</param>
    /// <param name="Count">How many reads it stands for.</param>
    public sealed record Retrieved(
        ContentKey Key, LocationId Location, TimeSpan Latency, long Count = 1) : StorageEvent;

    public sealed record Replicated(ContentKey Key, ImmutableArray<Copy> Replicas) : StorageEvent;

    public sealed record Migrated(ContentKey Key, StorageTier From, StorageTier To) : StorageEvent;

    public sealed record Failed(ContentKey? Key, string Error, string Detail) : StorageEvent;

    /// <summary>A reference was removed; <paramref name="GraceEndsAt"/> is set when it was the last one.</summary>
    public sealed record Deleted(ContentKey Key, Reference? Reference, DateTimeOffset? GraceEndsAt) : StorageEvent;

    /// <summary>A copy was given up after its grace: the bytes are garbage from here on.</summary>
    public sealed record Released(ContentKey Key, LocationId Location, ulong Incarnation) : StorageEvent;

    public sealed record Verified(ContentKey Key, LocationId Location, ulong Incarnation) : StorageEvent;

    public sealed record CorruptionDetected(
        ContentKey Key, LocationId Location, ulong Incarnation, string Detail) : StorageEvent;

    public sealed record Repaired(ContentKey Key, Copy Copy) : StorageEvent;

    /// <summary>
    /// A location holds content that this journal was never told of: what a lost data directory knew. All of it is said
    /// by the copy's own header, so nothing refers to the content, and it stays until it is deleted.
    /// </summary>
    /// <param name="Tier">Of the location.</param>
    /// <param name="Class">What content without a class gets here.</param>
    /// <param name="CreatedAt">The content is at least as old.</param>
    public sealed record Recovered(
        ContentKey Key, Cid Root, long SizeBytes, StorageTier Tier, DurabilityClass Class, Copy Copy,
        DateTimeOffset CreatedAt) : StorageEvent;

    /// <summary>
    /// Content is kept for a name that is about to be set. Only where a journal cannot tell of a name and of an object
    /// at once: the object's part comes first, so that a name never names what may go.
    /// </summary>
    public sealed record Referenced(ContentKey Key, Reference Reference) : StorageEvent;

    /// <summary>
    /// A name was created or moved; <paramref name="PreviousCid"/> is what it named before. The content that loses the
    /// name has its own <see cref="Deleted"/> in the same append, so that each event changes one object.
    /// </summary>
    public sealed record NameSet(
        Reference Reference, ContentKey Target, Cid? PreviousCid, Lsn Previous) : StorageEvent;

    public sealed record NameDeleted(
        Reference Reference, ContentKey Target, Lsn Previous, DateTimeOffset? GraceEndsAt) : StorageEvent;

    /// <summary>
    /// A command had nothing to do. Journaled only when it has a message id: a later delivery must not find something
    /// to do after all.
    /// </summary>
    /// <param name="Found">The revision of the object, or of the name, that was as it should be; none when there was
    /// none.</param>
    public sealed record Unchanged(ContentKey? Key, Lsn Found) : StorageEvent;
}
