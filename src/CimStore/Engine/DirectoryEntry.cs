using CimStore.Content;

namespace CimStore.Engine;

/// <summary>One line of a stored directory (D35): docs/formats/directory.md.</summary>
/// <param name="Name">The raw bytes of the name: any but zero and '/', not necessarily UTF-8.</param>
/// <param name="Mode">The twelve permission bits.</param>
/// <param name="ModifiedNanoseconds">Since 1970-01-01T00:00:00Z.</param>
/// <param name="SizeBytes">Of a file's content; 0 for others.</param>
/// <param name="Cid">A file's content or a directory's node; null for a link.</param>
/// <param name="Target">Where a link points, raw; empty for others.</param>
public sealed record DirectoryEntry(
    ReadOnlyMemory<byte> Name, DirectoryEntryKind Kind, int Mode, long ModifiedNanoseconds, long SizeBytes, Cid? Cid,
    ReadOnlyMemory<byte> Target);
