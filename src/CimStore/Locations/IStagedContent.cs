namespace CimStore.Locations;

/// <summary>
/// Content on its way into a location, under a staging name: written once from front to back, sealed, then referred to
/// by a journal append. Disposing before it is sealed leaves nothing behind (or garbage that the next start sweeps).
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
    /// Ends the content: header, sync, rename, directory sync. In the journal's own log it then waits for its entry,
    /// which makes the copy; elsewhere the copy is there, and stays also when this object is disposed of.
    /// </summary>
    /// <exception cref="ArgumentException">Not so many bytes were written.</exception>
    /// <exception cref="LocationException">
    /// The copy may or may not be there; nobody was told of it, and what is left is garbage that is found.
    /// </exception>
    ValueTask<SealedCopy> SealAsync(CopyManifest manifest, CancellationToken cancellationToken);
}
