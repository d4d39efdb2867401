using CimStore.Objects;

namespace CimStore.Journal;

/// <summary>
/// What one owner refers to. Content shared by two owners counts for each, and once in the physical total.
/// </summary>
public sealed record OwnerUsage(OwnerId Owner, long References, long Objects, long LogicalBytes);
