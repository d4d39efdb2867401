using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CimStore.Content;

/// <summary>
/// Proves runs of groups against a root. What it has proved of the path stays, so that a sequential read checks each
/// node once; memory is one value for each level. Runs of 256 KiB that begin at multiples of it are fastest: such a run
/// is hashed like any content and compared with one value, without a look at the nodes inside. Not for two threads.
/// </summary>
public sealed unsafe class Blake3OutboardVerifier
{
    // Lengths have 63 bits and groups 14, so no path has more subtrees to its right.
    private const int PathMax = 64;

    private readonly Blake3Mode _mode;
    private readonly byte[] _root = new byte[Blake3.HashSizeBytes];

    // Proved subtrees still to come, the next one last. Together they reach from where the reading is to the end.
    private readonly Subtree[] _path = new Subtree[PathMax];
    private int _depth;

    /// <param name="root">The BLAKE3 hash of the content.</param>
    /// <param name="length">The length of the content. It is proved with the last group, and only then.</param>
    public Blake3OutboardVerifier(ReadOnlySpan<byte> root, long length)
        : this(Blake3Paths.Best, root, length)
    {
    }

    internal Blake3OutboardVerifier(Blake3Path path, ReadOnlySpan<byte> root, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(root.Length, Blake3.HashSizeBytes);
        _mode = Blake3Mode.Plain(path);
        root.CopyTo(_root);
        Length = length;
        GroupCount = Blake3Outboard.GroupCount(length);
        Restart();
    }

    public long Length { get; }

    public long GroupCount { get; }

    /// <summary>
    /// Where the nodes lie that <see cref="VerifyFetched"/> will ask for, in its order; those already proved are not
    /// among them. Each offset is the start of 64 bytes.
    /// </summary>
    public ImmutableArray<long> NodesNeeded(long firstGroup, long groups)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(firstGroup);
        ArgumentOutOfRangeException.ThrowIfLessThan(groups, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(firstGroup, GroupCount - groups);
        var offsets = ImmutableArray.CreateBuilder<long>();
        var path = new Stack<Blake3GroupRun>(_path.Take(_depth).Select(subtree => subtree.Run));
        if (path.Count == 0 || path.Peek().First > firstGroup)
        {
            path = new Stack<Blake3GroupRun>([new Blake3GroupRun(0, GroupCount)]);
        }

        for (var at = firstGroup; at < firstGroup + groups;)
        {
            var run = path.Pop();
            if (run.End <= at)
            {
                continue;
            }

            if (run.IsTakenWhole(at, firstGroup + groups))
            {
                at = run.End;
                continue;
            }

            offsets.Add(run.NodeOffset);
            path.Push(run.Right);
            path.Push(run.Left);
        }

        return offsets.ToImmutable();
    }

    /// <summary>Proves groups from <paramref name="firstGroup"/> on, with the whole outboard at hand.</summary>
    /// <param name="firstGroup">The group the content begins with.</param>
    /// <param name="content">Whole groups; only the last group of all may be short.</param>
    /// <param name="outboard">All nodes.</param>
    public Blake3Proof Verify(long firstGroup, ReadOnlySpan<byte> content, ReadOnlySpan<byte> outboard)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(outboard.Length, Blake3Outboard.SizeBytes(Length));
        return Verify(firstGroup, content, Blake3NodeSource.Whole(outboard));
    }

    /// <summary>The same, reading nodes as needed. What the reader throws leaves this verifier usable.</summary>
    public Blake3Proof Verify(long firstGroup, ReadOnlySpan<byte> content, Blake3NodeReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        return Verify(firstGroup, content, Blake3NodeSource.From(reader));
    }

    /// <summary>The same, with the nodes that <see cref="NodesNeeded"/> named, fetched beforehand.</summary>
    public Blake3Proof VerifyFetched(long firstGroup, ReadOnlySpan<byte> content, ReadOnlySpan<byte> nodes) =>
        Verify(firstGroup, content, Blake3NodeSource.Fetched(nodes));

    /// <summary>The same for content that was hashed before.</summary>
    /// <param name="firstGroup">The group the content begins with.</param>
    /// <param name="content">As it was given to <see cref="HashSubtree"/>.</param>
    /// <param name="nodes">As in the other form.</param>
    /// <param name="hash">What <see cref="HashSubtree"/> returned for it.</param>
    internal Blake3Proof VerifyHashed(
        long firstGroup, ReadOnlySpan<byte> content, ReadOnlySpan<byte> nodes, Vector256<byte>? hash) =>
        Verify(firstGroup, content, Blake3NodeSource.Fetched(nodes), hash);

    /// <summary>
    /// The hash of content that is one subtree, as runs of 256 KiB are that begin at multiples of it. It needs nothing
    /// that was proved, so that several threads can hash several runs at once.
    /// </summary>
    /// <returns>Null when it is not one, or larger.</returns>
    internal Vector256<byte>? HashSubtree(long firstGroup, ReadOnlySpan<byte> content)
    {
        var end = EndOf(firstGroup, content.Length);
        var run = new Blake3GroupRun(0, GroupCount);
        while (run.First != firstGroup || run.End != end)
        {
            var (left, right) = (run.Left, run.Right);
            if (run.Count == 1 || (firstGroup < right.First && end > left.End))
            {
                return null;
            }

            run = firstGroup < right.First ? left : right;
        }

        return run.Count <= Blake3GroupRun.WholeMax ? Hash(run, content) : null;
    }

    /// <summary>Proves the whole content without its tree.</summary>
    /// <param name="hashes">
    /// What <see cref="HashSubtree"/> returned for each 256 KiB, two or more; they are written over.
    /// </param>
    internal bool IsWhole(Span<Vector256<byte>> hashes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(hashes.Length, 2);
        Span<byte> root = stackalloc byte[Blake3.HashSizeBytes];
        fixed (Vector256<byte>* cvs = hashes)
        {
            Blake3Subtree.Reduce(_mode, (byte*)cvs, hashes.Length, 2);
            Blake3Root.OfPair(_mode, (byte*)cvs).Write(0, root);
        }

        return root.SequenceEqual(_root);
    }

    private Blake3Proof Verify(
        long firstGroup, ReadOnlySpan<byte> content, Blake3NodeSource nodes, Vector256<byte>? hash = null)
    {
        var end = EndOf(firstGroup, content.Length);
        if (_depth == 0 || _path[_depth - 1].Run.First > firstGroup)
        {
            Restart();
        }

        var isDone = false;
        try
        {
            var proof = Prove(firstGroup, end, content, nodes, hash);
            isDone = proof.IsProved;
            return proof;
        }
        finally
        {
            if (!isDone)
            {
                // Part of the path is gone; what is left no longer reaches from here to the end.
                Restart();
            }
        }
    }

    private long EndOf(long firstGroup, int size)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(firstGroup);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(firstGroup, GroupCount);
        var left = Length - (firstGroup * Blake3Outboard.GroupSizeBytes);
        if (size == left)
        {
            return GroupCount;
        }

        if (size > left || size == 0 || size % Blake3Outboard.GroupSizeBytes != 0)
        {
            throw new ArgumentException($"{size} bytes from group {firstGroup} on are not whole groups.", nameof(size));
        }

        return firstGroup + (size / Blake3Outboard.GroupSizeBytes);
    }

    private void Restart()
    {
        _path[0] = new Subtree(new Blake3GroupRun(0, GroupCount), Vector256.Create<byte>(_root));
        _depth = 1;
    }

    private Blake3Proof Prove(
        long at, long end, ReadOnlySpan<byte> content, Blake3NodeSource nodes, Vector256<byte>? hash)
    {
        var (first, nodesRead) = (at, 0);
        while (at < end)
        {
            var (run, value) = _path[--_depth];
            if (run.End <= at)
            {
                continue;
            }

            if (!run.IsTakenWhole(at, end))
            {
                if (!Descend(run, value, nodes, nodesRead++))
                {
                    return Blake3Proof.FaultyNode(run);
                }

                continue;
            }

            var size = (int)Math.Min(run.Count * Blake3Outboard.GroupSizeBytes, content.Length);
            var known = run.First == first && run.End == end ? hash : null;
            if ((known ?? Hash(run, content[..size])) != value)
            {
                return nodes.HasAll ? Locate(run, value, content[..size], nodes) : Blake3Proof.FaultyContent(run);
            }

            content = content[size..];
            at = run.End;
        }

        return Blake3Proof.Proved;
    }

    // The first faulty group of a subtree whose content as a whole does not match. The path serves as scratch.
    private Blake3Proof Locate(
        Blake3GroupRun run, Vector256<byte> value, ReadOnlySpan<byte> content, Blake3NodeSource nodes)
    {
        while (run.Count > 1)
        {
            _depth = 0;
            if (!Descend(run, value, nodes, 0))
            {
                return Blake3Proof.FaultyNode(run);
            }

            var leftSize = (int)run.Left.Count * Blake3Outboard.GroupSizeBytes;
            var isRight = Hash(run.Left, content[..leftSize]) == _path[1].Value;
            (run, value) = isRight ? _path[0] : _path[1];
            content = isRight ? content[leftSize..] : content[..leftSize];
        }

        return Blake3Proof.FaultyContent(run);
    }

    // Replaces a proved subtree by its two proved children, if its node is the one the subtree's value was made of.
    private bool Descend(Blake3GroupRun run, Vector256<byte> value, Blake3NodeSource nodes, int nodesRead)
    {
        Span<byte> node = stackalloc byte[Blake3Outboard.NodeSizeBytes];
        Span<byte> found = stackalloc byte[Blake3Words.CvSizeBytes];
        nodes.Read(run.NodeOffset, nodesRead, node);
        fixed (byte* pair = node)
        fixed (byte* cv = found)
        {
            if (run.Count == GroupCount)
            {
                Blake3Root.OfPair(_mode, pair).Write(0, found);
            }
            else
            {
                Blake3Subtree.HashLayer(_mode, pair, 2, cv);
            }
        }

        if (Vector256.Create<byte>(found) != value)
        {
            return false;
        }

        _path[_depth++] = new Subtree(run.Right, Vector256.Create<byte>(node[Blake3Words.CvSizeBytes..]));
        _path[_depth++] = new Subtree(run.Left, Vector256.Create<byte>(node));
        return true;
    }

    [SkipLocalsInit]
    private Vector256<byte> Hash(Blake3GroupRun run, ReadOnlySpan<byte> content)
    {
        var cvs = stackalloc byte[Blake3Subtree.ChunksMax * Blake3Words.CvSizeBytes];
        fixed (byte* input = content)
        {
            if (run.Count == GroupCount)
            {
                Blake3Subtree.Root(_mode, input, content.Length, out var root);
                root.Write(0, new Span<byte>(cvs, Blake3Words.CvSizeBytes));
            }
            else
            {
                var firstChunk = (ulong)run.First * Blake3Outboard.GroupChunks;
                var count = Blake3Subtree.HashChunks(_mode, input, content.Length, firstChunk, cvs);
                Blake3Subtree.Reduce(_mode, cvs, count, 1);
            }
        }

        return Vector256.Load(cvs);
    }

    private readonly record struct Subtree(Blake3GroupRun Run, Vector256<byte> Value);
}
