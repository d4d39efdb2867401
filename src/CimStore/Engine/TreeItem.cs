using System.Text;
using CimStore.Content;

namespace CimStore.Engine;

/// <summary>One file, link or directory that was stored or restored, or that could not be.</summary>
/// <param name="Path">Raw bytes, relative to the tree's root, with '/' between names; empty for the root.</param>
/// <param name="Kind">What it is; a file when it could not be told.</param>
/// <param name="Cid">Its content or node; null for a link and for what failed.</param>
/// <param name="SizeBytes">The size of a file's content.</param>
/// <param name="Error">Why it is missing from the result; null when it is not.</param>
public sealed record TreeItem(
    ReadOnlyMemory<byte> Path, DirectoryEntryKind Kind, Cid? Cid, long SizeBytes, string? Error)
{
    /// <summary>For people; names that are not UTF-8 show replacement characters.</summary>
    public string PathText => Encoding.UTF8.GetString(Path.Span);

    public bool IsRoot => Path.IsEmpty;
}
