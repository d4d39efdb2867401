namespace CimStore.Content;

/// <summary>Where a block lies, counted from the beginning of the CARv1.</summary>
/// <param name="HashFunction">Null in the older index, which does not say.</param>
/// <param name="Digest">The digest in the block's CID.</param>
/// <param name="Offset">Where the section begins.</param>
public readonly record struct CarIndexEntry(ulong? HashFunction, ReadOnlyMemory<byte> Digest, long Offset);
