using System.Collections.Immutable;
using CimStore.Locations;

namespace CimStore.Nats.Locations;

/// <summary>An object that another client wrote under a CID, after all its bytes were proved.</summary>
/// <param name="Chunks">Where each begins in the content, and its number in the stream.</param>
/// <param name="Tree">Made while it was proved.</param>
internal sealed record ForeignObject(
    HeldCopy Held, ImmutableArray<(long Offset, int SizeBytes, ulong Sequence)> Chunks, ReadOnlyMemory<byte> Tree)
{
    /// <returns>Null where content of that size has no tree.</returns>
    public int? ReadTree(long offset, Memory<byte> destination)
    {
        if (Tree.IsEmpty)
        {
            return null;
        }

        var rest = Tree[(int)Math.Min(offset, Tree.Length)..];
        var size = Math.Min(rest.Length, destination.Length);
        rest[..size].CopyTo(destination);
        return size;
    }
}
