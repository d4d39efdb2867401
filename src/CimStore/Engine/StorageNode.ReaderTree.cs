using System.Buffers;
using CimStore.Content;
using CimStore.Locations;

namespace CimStore.Engine;

// What content is proved by: the tree beside the copy, else the one beside another, else one made of the bytes.
public sealed partial class StorageNode
{
    /// <summary>The largest tree that a reader makes and keeps in memory: that of 16 GiB.</summary>
    private const int TreeSizeMaxBytes = 64 << 20;

    private sealed partial class ContentReader
    {
        // Made of bytes that hash to the root: it is the right one for every copy.
        private ReadOnlyMemory<byte>? _tree;
        private bool _isTreeWrong;

        private async ValueTask<(long ProvedEnd, string? Detail)> ProveAsync(
            Copy copy, Blake3OutboardVerifier verifier, ContentRun run, CancellationToken cancellationToken)
        {
            if (_tree is { } tree)
            {
                var (end, detail, _) = Judge(run, verifier.Verify(run.FirstGroup, run.Bytes.Span, tree.Span));
                return (end, detail);
            }

            var own = await ProveByAsync(copy, verifier, run, cancellationToken);
            if (!own.IsOfTree)
            {
                return (own.ProvedEnd, own.Detail);
            }

            // The bytes may be right all the same, and another copy's tree may show it.
            _isTreeWrong = true;
            await BadAsync(copy, own.Detail!);
            foreach (var other in _copies.Where(other => other != copy))
            {
                var proof = await ProveByAsync(other, verifier, run, cancellationToken);
                if (!proof.IsOfTree)
                {
                    return (proof.ProvedEnd, proof.Detail);
                }
            }

            return (own.ProvedEnd, own.Detail);
        }

        /// <summary>Proves a run with the tree beside a copy, not always the one the run was read from.</summary>
        private async ValueTask<(long ProvedEnd, string? Detail, bool IsOfTree)> ProveByAsync(
            Copy copy, Blake3OutboardVerifier verifier, ContentRun run, CancellationToken cancellationToken)
        {
            var offsets = verifier.NodesNeeded(run.FirstGroup, run.Groups);
            var nodes = ArrayPool<byte>.Shared.Rent((offsets.Length * Blake3Outboard.NodeSizeBytes) + 1);
            try
            {
                for (var index = 0; index < offsets.Length; index++)
                {
                    var node1 = nodes.AsMemory(index * Blake3Outboard.NodeSizeBytes, Blake3Outboard.NodeSizeBytes);
                    if (await TryReadTreeAsync(copy, offsets[index], node1, cancellationToken) != node1.Length)
                    {
                        return (run.Start, $"its tree has no node at {offsets[index]}", true);
                    }
                }

                var fetched = nodes.AsSpan(0, offsets.Length * Blake3Outboard.NodeSizeBytes);
                return Judge(run, verifier.VerifyHashed(run.FirstGroup, run.Bytes.Span, fetched, run.Hash));
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(nodes);
            }
        }

        private static (long ProvedEnd, string? Detail, bool IsOfTree) Judge(ContentRun run, Blake3Proof proof) =>
            proof switch
            {
                { IsProved: true } => (run.End, null, false),
                { FaultyNodeOffset: { } at } => (
                    Offset(proof.FaultyGroup, run.Start), $"its tree is wrong in the node at {at}", true),
                _ => (
                    Offset(proof.FaultyGroup, run.Start),
                    $"its bytes are wrong within {proof.FaultyGroups} group(s) from offset "
                    + $"{proof.FaultyGroup * Blake3Outboard.GroupSizeBytes} on",
                    false),
            };

        // A faulty node can lie above groups before the run, so the fault may begin before it.
        private static long Offset(long group, long start) => Math.Max(start, group * Blake3Outboard.GroupSizeBytes);

        /// <summary>
        /// Where no tree leads on, reads a copy whole: bytes that hash to the root prove themselves, and make the tree
        /// that all the rest is proved with.
        /// </summary>
        /// <returns>Whether there is a tree now that was not there before.</returns>
        private async ValueTask<bool> FindTreeAsync(CancellationToken cancellationToken)
        {
            var size = Blake3Outboard.SizeBytes(Record.SizeBytes);
            if (_tree is not null || !_isTreeWrong || size > TreeSizeMaxBytes)
            {
                return false;
            }

            var block = ArrayPool<byte>.Shared.Rent(RunSizeBytes);
            try
            {
                foreach (var copy in _copies)
                {
                    _tree = await MakeTreeAsync(copy, (int)size, block.AsMemory(0, RunSizeBytes), cancellationToken);
                    if (_tree is not null)
                    {
                        return true;
                    }
                }
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(block);
            }

            return false;
        }

        private async ValueTask<ReadOnlyMemory<byte>?> MakeTreeAsync(
            Copy copy, int size, Memory<byte> block, CancellationToken cancellationToken)
        {
            var nodes = new ArrayBufferWriter<byte>(Math.Max(1, size));
            var tree = new Blake3OutboardBuilder(nodes);
            while (tree.Length < Record.SizeBytes)
            {
                var part = block[..(int)Math.Min(block.Length, Record.SizeBytes - tree.Length)];
                if (await TryReadAsync(copy, tree.Length, part, cancellationToken) != part.Length)
                {
                    return null;
                }

                tree.Update(part.Span);
            }

            var root = new byte[Blake3.HashSizeBytes];
            tree.Finish(root);
            if (!root.AsSpan().SequenceEqual(Record.Root.Digest))
            {
                return null;
            }

            return nodes.WrittenMemory;
        }
    }
}
