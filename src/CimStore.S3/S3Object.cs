using CimStore.Content;

namespace CimStore.S3;

/// <summary>An object as the answer to a request tells it.</summary>
/// <param name="SizeBytes">The whole object's, also where a range of it was read.</param>
/// <param name="Tag">Its ETag without quotes.</param>
/// <param name="Metadata">What it says of itself, by name.</param>
/// <param name="Archived">Why it cannot be read now, in words; null when it can.</param>
internal sealed record S3Object(
    long SizeBytes, string Tag, IReadOnlyDictionary<string, string> Metadata, string? VersionId, string? Archived)
{
    /// <summary>Nobody may delete it before, as far as the server tells.</summary>
    public DateTimeOffset? RetainUntil { get; init; }

    public S3Description? Describe(in Cid cid, ulong incarnation, out string? fault) =>
        S3Description.Read(cid, incarnation, SizeBytes, name => Metadata.GetValueOrDefault(name), out fault);
}
