namespace CimStore.Locations;

/// <summary>
/// Content on its way into a location, under a staging name: written once from front to back, sealed, then referred to
/// by
/// a journal append. Disposing without that append leaves nothing behind (or garbage that the next start sweeps).
/// </summary>
public interface IStagedContent : IAsyncDisposable
{
    /// <summary>Writes the next bytes; synced every few MiB so that a long stream does not stall other syncs.</summary>
    /// <exception cref="LocationException">Nothing of this content is or will be visible.</exception>
    ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken);

    /// <summary>
    /// Writes the next bytes of the BLAKE3 tree (outboard, post-order); may be interleaved with content.
    /// </summary>
    ValueTask WriteTreeAsync(ReadOnlyMemory<byte> nodes, CancellationToken cancellationToken);

    /// <summary>
    /// Ends the content: header, sync, rename, directory sync. Afterwards it only waits for its journal entry.
    /// </summary>
    ValueTask SealAsync(ContentKey key, long sizeBytes, ReadOnlyMemory<byte> root, CancellationToken cancellationToken);
}
