using CimStore.Content;

namespace CimStore.Objects;

/// <summary>The current state of one named reference. <see cref="Cid"/> is null when the name was deleted.</summary>
/// <param name="Revision">LSN of the event that made it so: what a compare-and-set compares.</param>
/// <param name="Previous">LSN of the change before, so that the history can be walked; none for the first.</param>
public sealed record NameRecord(
    OwnerId Owner, NamespaceId Namespace, string Name, Cid? Cid, Lsn Revision, DateTimeOffset At, Lsn Previous);
