namespace CimStore.Content;

/// <summary>Content that was exported as UnixFS: its own name, and where the file begins in the archive.</summary>
public readonly record struct ExportManifestEntry(Cid Content, Cid Root, long SizeBytes);
