using CimStore.Content;

namespace CimStore.Engine;

/// <param name="Manifest">The manifest's CID; null with whole blocks.</param>
/// <param name="BlockCount">Blocks in the archive.</param>
/// <param name="SizeBytes">Bytes of the archive.</param>
/// <param name="Head">To be written over the first bytes of the output; empty when they are right as they are.</param>
public sealed record CarExported(Cid? Manifest, long BlockCount, long SizeBytes, ReadOnlyMemory<byte> Head);
