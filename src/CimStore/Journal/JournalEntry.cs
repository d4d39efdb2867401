using CimStore.Content;
using CimStore.Objects;

namespace CimStore.Journal;

/// <summary>
/// An event as the journal holds it. <see cref="EventCid"/> names the hashed part (dag-cbor), which carries the link to
/// the previous entry (D33). Owner, name and actor are outside the hash, bound to it by a salted commitment, so that
/// they
/// can be erased without breaking the chain; after erasure they read as <c>null</c> or <c>erased</c>.
/// </summary>
public sealed record JournalEntry(
    Lsn Lsn, MessageId EventId, DateTimeOffset At, EventContext Context, StorageEvent Event, Cid EventCid,
    Cid? PreviousCid);
