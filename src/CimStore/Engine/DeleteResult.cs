using System.Collections.Immutable;
using CimStore.Content;
using CimStore.Objects;

namespace CimStore.Engine;

/// <param name="Found">Whether there was anything to remove; repeating a delete is not an error.</param>
/// <param name="StillReferenced">What keeps the content; empty when it will go after the grace.</param>
public sealed record DeleteResult(
    Cid Cid, bool Found, ImmutableArray<Reference> StillReferenced, DateTimeOffset? GraceEndsAt, Lsn Lsn);
