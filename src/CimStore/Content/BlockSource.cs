namespace CimStore.Content;

/// <summary>
/// Gives a block that has been verified, or null when it is absent. The memory stays valid until the next call.
/// </summary>
public delegate ValueTask<ReadOnlyMemory<byte>?> BlockSource(Cid cid, CancellationToken cancellationToken);
