using CimStore.Content;

namespace CimStore.Locations;

/// <summary>What a copy says of itself, so that a catalog can be made again from any location alone.</summary>
/// <param name="Root">The BLAKE3 of the plaintext.</param>
public sealed record CopyManifest(ContentKey Key, long SizeBytes, Cid Root)
{
    public CopyHeader Header { get; init; } = CopyHeader.Plain;

    /// <summary>What the location keeps of it where the header changes the size; null where it is the content's own.
    /// </summary>
    public long? StoredBytes { get; init; }

    /// <summary>Given by the location: see <see cref="SealedCopy"/>.</summary>
    public ulong Incarnation { get; init; }
}
