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
        private bool _isTreeLacking;

        private enum Proof
        {
            Given,
            BytesWrong,
            TreeWrong,

            /// <summary>It was kept without one, or its location does not give it now: the copy is not wrong for that.
            /// </summary>
            TreeAbsent,
        }

        /// <returns>How far the run is proved, and whether that is all; a copy found wrong is quarantined.</returns>
        private async ValueTask<(long ProvedEnd, bool IsRight)> ProveAsync(
            Copy copy, Blake3OutboardVerifier verifier, ContentRun run, CancellationToken cancellationToken)
        {
            var (end, proof, detail) = _tree is { } tree
                ? Judge(run, verifier.Verify(run.FirstGroup, run.Bytes.Span, tree.Span))
                : await ProveByAsync(copy, verifier, run, cancellationToken);
            if (proof is Proof.TreeWrong or Proof.TreeAbsent)
            {
                // The bytes may be right all the same, and another copy's tree may show it.
                _isTreeLacking = true;
                _ = proof == Proof.TreeWrong && await BadAsync(copy, detail!);
                if (await ProveByOthersAsync(copy, verifier, run, cancellationToken) is not { } found)
                {
                    return (end, false);
                }

                (end, proof, detail) = found;
            }

            return (end, proof == Proof.Given || (proof == Proof.BytesWrong && await BadAsync(copy, detail!)));
        }

        /// <returns>Null when no other copy has a tree that tells.</returns>
        private async ValueTask<(long ProvedEnd, Proof Proof, string? Detail)?> ProveByOthersAsync(
            Copy copy, Blake3OutboardVerifier verifier, ContentRun run, CancellationToken cancellationToken)
        {
            foreach (var other in _copies.Where(other => other != copy))
            {
                var found = await ProveByAsync(other, verifier, run, cancellationToken);
                if (found.Proof is Proof.Given or Proof.BytesWrong)
                {
                    return found;
                }
            }

            return null;
        }

        /// <summary>Proves a run with the tree beside a copy, not always the one the run was read from.</summary>
        private async ValueTask<(long ProvedEnd, Proof Proof, string? Detail)> ProveByAsync(
            Copy copy, Blake3OutboardVerifier verifier, ContentRun run, CancellationToken cancellationToken)
        {
            var offsets = verifier.NodesNeeded(run.FirstGroup, run.Groups);
            var nodes = ArrayPool<byte>.Shared.Rent((offsets.Length * Blake3Outboard.NodeSizeBytes) + 1);
            try
            {
                for (var index = 0; index < offsets.Length; index++)
                {
                    var node1 = nodes.AsMemory(index * Blake3Outboard.NodeSizeBytes, Blake3Outboard.NodeSizeBytes);
                    var read = await TryReadTreeAsync(copy, offsets[index], node1, cancellationToken);
                    if (read != node1.Length)
                    {
                        return read is null
                            ? (run.Start, Proof.TreeAbsent, null)
                            : (run.Start, Proof.TreeWrong, $"its tree has no node at {offsets[index]}");
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

        private static (long ProvedEnd, Proof Proof, string? Detail) Judge(ContentRun run, Blake3Proof proof) =>
            proof switch
            {
                { IsProved: true } => (run.End, Proof.Given, null),
                { FaultyNodeOffset: { } at } => (
                    Offset(proof.FaultyGroup, run.Start), Proof.TreeWrong, $"its tree is wrong in the node at {at}"),
                _ => (
                    Offset(proof.FaultyGroup, run.Start),
                    Proof.BytesWrong,
                    $"its bytes are wrong within {proof.FaultyGroups} group(s) from offset "
                    + $"{proof.FaultyGroup * Blake3Outboard.GroupSizeBytes} on"),
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
            if (_tree is not null || !_isTreeLacking || size > TreeSizeMaxBytes)
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
                var read = await TryReadAsync(copy, tree.Length, part, cancellationToken);
                if (read != part.Length)
                {
                    _ = read is not null
                        && await BadAsync(copy, $"it ends at {tree.Length + read} of {Record.SizeBytes} bytes");
                    return null;
                }

                tree.Update(part.Span);
            }

            var root = new byte[Blake3.HashSizeBytes];
            tree.Finish(root);
            if (!root.AsSpan().SequenceEqual(Record.Root.Digest))
            {
                await OtherAsync(copy);
                return null;
            }

            return nodes.WrittenMemory;
        }
    }
}
