namespace CimStore.Content;

/// <summary>A file that was written as UnixFS.</summary>
/// <param name="Root">The block to start from; for a file of one leaf, that leaf.</param>
/// <param name="SizeBytes">Length of the content.</param>
/// <param name="BlockCount">How many blocks were emitted, with repetitions.</param>
public readonly record struct UnixFsFile(Cid Root, long SizeBytes, long BlockCount);
