using CimStore.Content;

namespace CimStore.Engine;

/// <summary>One content above 1 MiB: its own CID, and where the archive has it as UnixFS.</summary>
public sealed record CarManifestEntry(Cid Content, Cid UnixFs, long SizeBytes);
