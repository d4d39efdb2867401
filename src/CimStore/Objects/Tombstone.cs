namespace CimStore.Objects;

/// <summary>
/// The object has no reference since <paramref name="Deleted"/>; its bytes may be released after the grace.
/// </summary>
/// <param name="Released">When the bytes were given up; null while they can still be had back by storing again.</param>
public sealed record Tombstone(Lsn Deleted, DateTimeOffset DeletedAt, DateTimeOffset GraceEndsAt, Lsn? Released);
