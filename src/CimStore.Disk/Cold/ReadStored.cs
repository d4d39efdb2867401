namespace CimStore.Disk.Cold;

/// <summary>Reads the stored form of a copy. It is asked for several parts at once.</summary>
/// <remarks>When it returns or throws, also because it was cancelled, it writes to the destination no more.</remarks>
/// <returns>Bytes read, 0 past the end, or null when the copy is not there.</returns>
internal delegate ValueTask<int?> ReadStored(
    long offset, Memory<byte> destination, CancellationToken cancellationToken);
