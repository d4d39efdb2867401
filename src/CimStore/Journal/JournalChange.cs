using CimStore.Objects;

namespace CimStore.Journal;

/// <summary>One event to append, with the content that it makes true and what the writer saw before it.</summary>
/// <param name="Before">
/// The record the decision was made on; null when there was none. Held still by the key's lock.
/// </param>
/// <param name="Content">Bytes that this event admits; null when the event admits none.</param>
public sealed record JournalChange(
    EventContext Context, StorageEvent Event, ObjectRecord? Before, AdmittedContent? Content);
