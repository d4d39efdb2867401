using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace CimStore.Content;

/// <summary>Writes the nodes inside a subtree of groups, in post-order.</summary>
internal static unsafe class Blake3NodeWriter
{
    /// <summary>
    /// Works up from a power of two of group values, at least 4, keeping each layer in the room behind the one below:
    /// a layer of values, read as pairs, already is the nodes above it.
    /// </summary>
    /// <returns>The last pair, whose own node the tree writes when it merges it.</returns>
    public static byte* WriteInner(in Blake3Mode mode, byte* cvs, int groups, IBufferWriter<byte> nodes)
    {
        var layer = cvs;
        for (var count = groups; count > 2; count /= 2)
        {
            var above = layer + (count * Blake3Words.CvSizeBytes);
            Blake3Subtree.HashLayer(mode, layer, count, above);
            layer = above;
        }

        // Each half is a full tree of groups / 2 - 1 nodes.
        var size = (groups - 2) * Blake3Outboard.NodeSizeBytes;
        var output = nodes.GetSpan(size)[..size];
        fixed (byte* start = output)
        {
            CopyInPostOrder(cvs, groups, start);
        }

        nodes.Advance(size);
        return layer;
    }

    private static void CopyInPostOrder(byte* cvs, int groups, byte* output)
    {
        for (var leaf = 0; leaf < groups / 2; leaf++)
        {
            var layer = cvs;
            var count = groups;
            var completed = Math.Min(BitOperations.TrailingZeroCount(leaf + 1), BitOperations.Log2((uint)groups) - 2);
            for (var level = 0; level <= completed; level++)
            {
                var index = ((leaf + 1) >> level) - 1;
                Unsafe.CopyBlockUnaligned(
                    output, layer + (index * Blake3Outboard.NodeSizeBytes), Blake3Outboard.NodeSizeBytes);
                output += Blake3Outboard.NodeSizeBytes;
                layer += count * Blake3Words.CvSizeBytes;
                count /= 2;
            }
        }
    }
}
