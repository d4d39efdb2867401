namespace CimStore.Disk.Cold;

/// <summary>Takes the next bytes of a stored form, in their order; they are its own only until it returns.</summary>
internal delegate ValueTask WriteStored(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken);
