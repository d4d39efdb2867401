using System.Buffers;
using System.Numerics;

namespace CimStore.Content;

/// <summary>
/// The shape of a BLAKE3 tree kept beside its content: groups of 16 KiB, and the nodes above them in post-order. Pure
/// arithmetic; docs/formats/blake3-outboard.md has the words.
/// </summary>
public static class Blake3Outboard
{
    /// <summary>The bytes that are proved together: 16 chunks of 1 KiB.</summary>
    public const int GroupSizeBytes = 16 * 1024;

    /// <summary>A node is the chaining values of its left and its right child.</summary>
    public const int NodeSizeBytes = 64;

    internal const int GroupChunks = GroupSizeBytes / Blake3Words.ChunkSizeBytes;

    /// <summary>The height of a group above its chunks: 2^4 = 16.</summary>
    internal const int GroupLevel = 4;

    /// <summary>How many groups a content has. The empty content has one, which is empty.</summary>
    public static long GroupCount(long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        return length == 0 ? 1 : ((length - 1) / GroupSizeBytes) + 1;
    }

    /// <summary>The size of the outboard: a binary tree has one node fewer than it has groups.</summary>
    public static long SizeBytes(long length) => (GroupCount(length) - 1) * NodeSizeBytes;

    /// <summary>How many bytes a group has: 16 KiB, but for the last.</summary>
    public static int GroupSize(long length, long group)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(group);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(group, GroupCount(length));
        return (int)Math.Min(GroupSizeBytes, length - (group * GroupSizeBytes));
    }

    /// <summary>The groups of the left child of a subtree: the largest power of two below the whole.</summary>
    public static long LeftGroups(long groups)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(groups, 2);
        return 1L << BitOperations.Log2((ulong)groups - 1);
    }

    /// <summary>
    /// Where the node of a subtree begins in the outboard. A subtree's nodes lie together and its own comes last. Left
    /// of it lie the nodes of all groups before, and those form one full tree for each bit of their number.
    /// </summary>
    /// <param name="firstGroup">The first group of the subtree.</param>
    /// <param name="groups">The groups of the subtree, at least 2.</param>
    public static long NodeOffset(long firstGroup, long groups)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(firstGroup);
        ArgumentOutOfRangeException.ThrowIfLessThan(groups, 2);
        var nodesBefore = firstGroup - BitOperations.PopCount((ulong)firstGroup);
        return (nodesBefore + groups - 2) * NodeSizeBytes;
    }

    /// <summary>Builds the outboard of a content in memory, and its hash.</summary>
    /// <param name="content">The whole content.</param>
    /// <param name="root">32 bytes: the plain BLAKE3 hash.</param>
    /// <param name="nodes">Receives <see cref="SizeBytes"/> bytes.</param>
    public static void Build(ReadOnlySpan<byte> content, Span<byte> root, IBufferWriter<byte> nodes)
    {
        var builder = new Blake3OutboardBuilder(nodes);
        builder.Update(content);
        builder.Finish(root);
    }
}
