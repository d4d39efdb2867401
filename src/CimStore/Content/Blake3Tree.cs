using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace CimStore.Content;

/// <summary>
/// The growing tree of one content. Subtrees arrive from the left; finished ones wait on a stack until their right
/// neighbour is complete. A merge waits for the next arrival, because only then is it known not to be the root.
/// </summary>
internal unsafe struct Blake3Tree
{
    /// <summary>Chunk counters have 64 bits and a chunk 10, so no tree is higher than this.</summary>
    private const int HeightMax = 54;

    // One level can hold two while their merge waits.
    private const int StackMax = HeightMax + 2;

    private readonly IBufferWriter<byte>? _nodes;
    private readonly Blake3Mode _mode;
    private fixed byte _cvs[StackMax * Blake3Words.CvSizeBytes];
    private fixed byte _levels[StackMax];
    private int _depth;
    private ulong _chunks;

    /// <param name="mode">Key, flags and path.</param>
    /// <param name="nodes">Takes the pairs above groups in post-order, or null when nobody wants them.</param>
    public Blake3Tree(in Blake3Mode mode, IBufferWriter<byte>? nodes)
    {
        _mode = mode;
        _nodes = nodes;
    }

    /// <summary>Whole chunks added so far.</summary>
    public readonly ulong Chunks => _chunks;

    public void Clear()
    {
        _depth = 0;
        _chunks = 0;
    }

    /// <summary>The largest subtree of whole chunks that may come next, given the bytes at hand; 0 when none.</summary>
    public readonly int NextChunks(long length)
    {
        var fits = BitOperations.RoundUpToPowerOf2(((ulong)length / Blake3Words.ChunkSizeBytes / 2) + 1);
        var aligned = _chunks == 0 ? Blake3Subtree.ChunksMax : 1UL << BitOperations.TrailingZeroCount(_chunks);
        return (int)Math.Min(Blake3Subtree.ChunksMax, Math.Min(fits, aligned));
    }

    /// <summary>Adds a subtree of as many chunks as <see cref="NextChunks"/> allows, at least 2.</summary>
    [SkipLocalsInit]
    public void Add(byte* input, int chunks)
    {
        Settle();
        var cvs = stackalloc byte[Blake3Subtree.ChunksMax * Blake3Words.CvSizeBytes];
        var count = Blake3Subtree.HashChunks(_mode, input, chunks * Blake3Words.ChunkSizeBytes, _chunks, cvs);
        if (_nodes is not null && count > 2 * Blake3Outboard.GroupChunks)
        {
            count = Blake3Subtree.Reduce(_mode, cvs, count, count / Blake3Outboard.GroupChunks);
            cvs = Blake3NodeWriter.WriteInner(_mode, cvs, count, _nodes);
        }
        else
        {
            Blake3Subtree.Reduce(_mode, cvs, count, 2);
        }

        fixed (byte* stack = _cvs)
        {
            Unsafe.CopyBlockUnaligned(stack + (_depth * Blake3Words.CvSizeBytes), cvs, 2 * Blake3Words.CvSizeBytes);
        }

        var level = (byte)(BitOperations.Log2((uint)chunks) - 1);
        _levels[_depth++] = level;
        _levels[_depth++] = level;
        _chunks += (ulong)chunks;
    }

    /// <summary>The root, once the last bytes are known: at most 256 KiB that follow what was added.</summary>
    [SkipLocalsInit]
    public void Finish(byte* input, int length, out Blake3Root root)
    {
        if (_depth == 0)
        {
            Blake3Subtree.Root(_mode, input, length, out root);
            return;
        }

        var cvs = stackalloc byte[Blake3Subtree.ChunksMax * Blake3Words.CvSizeBytes];
        var depth = _depth;
        if (length > 0)
        {
            Settle();
            depth = _depth;
            var count = Blake3Subtree.HashChunks(_mode, input, length, _chunks, cvs);
            Blake3Subtree.Reduce(_mode, cvs, count, 1);
        }
        else
        {
            depth--;
            CopyFromStack(depth, cvs);
        }

        Fold(depth, cvs, out root);
    }

    // Merges down the right edge: the value in cvs is the right child at each step.
    private void Fold(int depth, byte* cvs, out Blake3Root root)
    {
        while (true)
        {
            depth--;
            Unsafe.CopyBlockUnaligned(cvs + Blake3Words.CvSizeBytes, cvs, Blake3Words.CvSizeBytes);
            CopyFromStack(depth, cvs);
            WriteNode(_levels[depth], cvs);
            if (depth == 0)
            {
                root = Blake3Root.OfPair(_mode, cvs);
                return;
            }

            Blake3Subtree.HashLayer(_mode, cvs, 2, cvs);
        }
    }

    private void Settle()
    {
        fixed (byte* stack = _cvs)
        {
            while (_depth > BitOperations.PopCount(_chunks))
            {
                _depth--;
                var pair = stack + ((_depth - 1) * Blake3Words.CvSizeBytes);
                WriteNode(_levels[_depth], pair);
                Blake3Subtree.HashLayer(_mode, pair, 2, pair);
                _levels[_depth - 1]++;
            }
        }
    }

    private readonly void CopyFromStack(int depth, byte* cv)
    {
        fixed (byte* stack = _cvs)
        {
            Unsafe.CopyBlockUnaligned(cv, stack + (depth * Blake3Words.CvSizeBytes), Blake3Words.CvSizeBytes);
        }
    }

    // A pair below group level belongs to no node: readers recompute it from the group's bytes.
    private readonly void WriteNode(int level, byte* pair)
    {
        if (_nodes is not null && level >= Blake3Outboard.GroupLevel)
        {
            _nodes.Write(new ReadOnlySpan<byte>(pair, Blake3Outboard.NodeSizeBytes));
        }
    }
}
