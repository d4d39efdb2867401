using System.Buffers;
using System.IO.Pipelines;
using CimStore.Content;
using CimStore.Diagnostics;
using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Engine;

public sealed partial class StorageNode
{
    /// <summary>Small content is read whole and proved by its hash; it fits in memory by definition.</summary>
    private const int WholeSizeMaxBytes = 8 << 20;

    /// <summary>
    /// What is read, proved and given out at once: what proves fastest, and small enough to be still in the processor's
    /// second cache when it is hashed.
    /// </summary>
    private const int RunSizeBytes = 256 << 10;

    /// <summary>Reads one content from its copies, each as far as it proves. Holds it against release.</summary>
    private sealed class ContentReader(StorageNode node, ObjectRecord record, long cacheVersion) : IContentReader
    {
        private readonly long? _started =
            node._reads is null ? node._metrics.Now(node._time) : node._time.GetTimestamp();

        private LocationId _servedFrom;
        private Exception? _lastFault;
        private bool _closed;

        public ObjectRecord Record { get; } = record;

        public async ValueTask CopyToAsync(
            PipeWriter destination, long offset, long length, CancellationToken cancellationToken)
        {
            var range = ContentRange.Clip(offset, length, Record.SizeBytes);
            try
            {
                // Content as large as the inline limit or smaller has no tree: it is its own proof.
                if (Record.SizeBytes > Math.Min(node._home.InlineSizeMaxBytes, WholeSizeMaxBytes))
                {
                    await CopyGroupsAsync(destination, range, cancellationToken);
                }
                else if (range.Length == Record.SizeBytes)
                {
                    await CopyWholeAsync(destination, cancellationToken);
                }
                else
                {
                    await CopyPartAsync(destination, range, cancellationToken);
                }

                var took = NodeMetrics.Since(_started, node._time);
                node._metrics.Read("location", range.Length, took);
                node._reads?.Add(Record.Key, _servedFrom, took!.Value);
            }
            catch (Exception fault)
            {
                node._metrics.Failed("read", FaultKind.Of(fault));
                throw;
            }
        }

        public ValueTask DisposeAsync()
        {
            if (!Interlocked.Exchange(ref _closed, true))
            {
                node._holds.LetGo(Record.Key);
            }

            return ValueTask.CompletedTask;
        }

        // Read and proved where it is handed out: nothing of it counts as written before it is advanced over.
        private async ValueTask CopyWholeAsync(PipeWriter destination, CancellationToken cancellationToken)
        {
            var size = (int)Record.SizeBytes;
            foreach (var copy in Record.Copies)
            {
                _servedFrom = copy.Location;
                var whole = destination.GetMemory(size)[..size];
                if (await TryProveWholeAsync(copy, whole, cancellationToken))
                {
                    node.Remember(Record, whole.Span, cacheVersion);
                    destination.Advance(size);
                    await destination.FlushAsync(cancellationToken);
                    return;
                }
            }

            throw NothingLeft(0);
        }

        private async ValueTask CopyPartAsync(
            PipeWriter destination, ContentRange range, CancellationToken cancellationToken)
        {
            var size = (int)Record.SizeBytes;
            var whole = ArrayPool<byte>.Shared.Rent(size);
            try
            {
                foreach (var copy in Record.Copies)
                {
                    _servedFrom = copy.Location;
                    if (await TryProveWholeAsync(copy, whole.AsMemory(0, size), cancellationToken))
                    {
                        node.Remember(Record, whole.AsSpan(0, size), cacheVersion);
                        destination.Write(whole.AsSpan((int)range.Offset, (int)range.Length));
                        await destination.FlushAsync(cancellationToken);
                        return;
                    }
                }
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(whole);
            }

            throw NothingLeft(0);
        }

        private async ValueTask<bool> TryProveWholeAsync(
            Copy copy, Memory<byte> whole, CancellationToken cancellationToken)
        {
            var read = await TryReadAsync(copy, 0, whole, cancellationToken);
            if (read != whole.Length)
            {
                return read is not null && await BadAsync(copy, $"it ends at {read} of {whole.Length} bytes");
            }

            return IsRoot(Record.Key.Cid, Record, whole.Span)
                || await BadAsync(copy, "its bytes are not the content that was stored");
        }

        private async ValueTask CopyGroupsAsync(
            PipeWriter destination, ContentRange range, CancellationToken cancellationToken)
        {
            var verifier = new Blake3OutboardVerifier(Record.Root.Digest, Record.SizeBytes);
            var at = range.Offset;
            foreach (var copy in Record.Copies)
            {
                _servedFrom = copy.Location;
                at = await CopyFromAsync(copy, verifier, destination, at, range.End, cancellationToken);
                if (at >= range.End)
                {
                    return;
                }
            }

            throw NothingLeft(at);
        }

        /// <returns>How far it got: to <paramref name="end"/>, or to where this copy fails.</returns>
        private async ValueTask<long> CopyFromAsync(
            Copy copy, Blake3OutboardVerifier verifier, PipeWriter destination, long at, long end,
            CancellationToken cancellationToken)
        {
            var isRight = true;
            while (at < end && isRight)
            {
                var start = at - (at % Blake3Outboard.GroupSizeBytes);
                var runEnd = Math.Min(((start / RunSizeBytes) + 1) * RunSizeBytes, GroupEnd(end));
                var size = (int)(runEnd - start);
                var rented = start == at && runEnd <= end ? null : ArrayPool<byte>.Shared.Rent(size);
                try
                {
                    // Whole groups are read and proved where they are handed out: none counts as written before it is
                    // advanced over. What begins or ends within a group is read elsewhere.
                    var run = rented?.AsMemory(0, size) ?? destination.GetMemory(size)[..size];
                    (var provedEnd, isRight) = await ReadRunAsync(copy, verifier, start, run, cancellationToken);
                    var sendEnd = Math.Min(provedEnd, end);
                    if (sendEnd <= at)
                    {
                        continue;
                    }

                    if (rented is null)
                    {
                        destination.Advance((int)(sendEnd - at));
                    }
                    else
                    {
                        destination.Write(run.Span[(int)(at - start)..(int)(sendEnd - start)]);
                    }

                    await destination.FlushAsync(cancellationToken);
                    at = sendEnd;
                }
                finally
                {
                    if (rented is not null)
                    {
                        ArrayPool<byte>.Shared.Return(rented);
                    }
                }
            }

            return at;
        }

        /// <returns>How far the run is proved, and whether that is all; if not the copy is quarantined.</returns>
        private async ValueTask<(long ProvedEnd, bool IsRight)> ReadRunAsync(
            Copy copy, Blake3OutboardVerifier verifier, long start, Memory<byte> run,
            CancellationToken cancellationToken)
        {
            var read = await TryReadAsync(copy, start, run, cancellationToken);
            if (read != run.Length)
            {
                if (read is not null)
                {
                    await BadAsync(copy, $"it ends at {start + read} of {Record.SizeBytes} bytes");
                }

                return (start, false);
            }

            var first = start / Blake3Outboard.GroupSizeBytes;
            var (provedEnd, detail) = await ProveAsync(copy, verifier, first, start, run, cancellationToken);
            return (provedEnd, detail is null || await BadAsync(copy, detail));
        }

        private async ValueTask<(long ProvedEnd, string? Detail)> ProveAsync(
            Copy copy, Blake3OutboardVerifier verifier, long first, long start, ReadOnlyMemory<byte> run,
            CancellationToken cancellationToken)
        {
            var groups = (run.Length + Blake3Outboard.GroupSizeBytes - 1) / Blake3Outboard.GroupSizeBytes;
            var offsets = verifier.NodesNeeded(first, groups);
            var nodes = ArrayPool<byte>.Shared.Rent((offsets.Length * Blake3Outboard.NodeSizeBytes) + 1);
            try
            {
                for (var index = 0; index < offsets.Length; index++)
                {
                    var node1 = nodes.AsMemory(index * Blake3Outboard.NodeSizeBytes, Blake3Outboard.NodeSizeBytes);
                    if (await TryReadTreeAsync(copy, offsets[index], node1, cancellationToken) != node1.Length)
                    {
                        return (start, $"its tree has no node at {offsets[index]}");
                    }
                }

                var fetched = nodes.AsSpan(0, offsets.Length * Blake3Outboard.NodeSizeBytes);
                var proof = verifier.VerifyFetched(first, run.Span, fetched);
                return proof switch
                {
                    { IsProved: true } => (start + run.Length, null),
                    { FaultyNodeOffset: { } at } => (
                        Offset(proof.FaultyGroup, start), $"its tree is wrong in the node at {at}"),
                    _ => (
                        Offset(proof.FaultyGroup, start),
                        $"its bytes are wrong within {proof.FaultyGroups} group(s) from offset "
                        + $"{proof.FaultyGroup * Blake3Outboard.GroupSizeBytes} on"),
                };
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(nodes);
            }
        }

        // A faulty node can lie above groups before the run, so the fault may begin before it.
        private static long Offset(long group, long start) => Math.Max(start, group * Blake3Outboard.GroupSizeBytes);

        private long GroupEnd(long end)
        {
            var groups = (end + Blake3Outboard.GroupSizeBytes - 1) / Blake3Outboard.GroupSizeBytes;
            return Math.Min(groups * Blake3Outboard.GroupSizeBytes, Record.SizeBytes);
        }

        private ValueTask<int?> TryReadAsync(
            Copy copy, long offset, Memory<byte> destination, CancellationToken cancellationToken) =>
            TryFillAsync(copy, offset, destination, isTree: false, cancellationToken);

        private ValueTask<int?> TryReadTreeAsync(
            Copy copy, long offset, Memory<byte> destination, CancellationToken cancellationToken) =>
            TryFillAsync(copy, offset, destination, isTree: true, cancellationToken);

        /// <returns>Bytes read, fewer only at the end; null when this copy cannot be read at all.</returns>
        private async ValueTask<int?> TryFillAsync(
            Copy copy, long offset, Memory<byte> destination, bool isTree, CancellationToken cancellationToken)
        {
            if (copy.State != CopyState.Verified || node.LocationOf(copy) is not { } location)
            {
                return null;
            }

            try
            {
                var filled = 0;
                do
                {
                    var rest = destination[filled..];
                    var read = isTree
                        ? await location.ReadTreeAsync(Record.Key, copy, offset + filled, rest, cancellationToken)
                        : await location.ReadAsync(Record.Key, copy, offset + filled, rest, cancellationToken);
                    if (read is null)
                    {
                        _lastFault = new IntegrityException($"The copy at {copy.Location} is missing.");
                        return null;
                    }

                    filled += read.Value;
                    if (read == 0)
                    {
                        break;
                    }
                }
                while (filled < destination.Length);

                return filled;
            }
            catch (IntegrityException fault)
            {
                await BadAsync(copy, fault.Message);
                return null;
            }
            catch (LocationException fault)
            {
                _lastFault = fault;
                return null;
            }
        }

        /// <returns>False, for the caller to return.</returns>
        private async ValueTask<bool> BadAsync(Copy copy, string detail)
        {
            _lastFault = new IntegrityException($"The copy of {Record.Key.Cid} at {copy.Location} is bad: {detail}.");
            await node.QuarantineAsync(Record.Key, copy, detail);
            return false;
        }

        private Exception NothingLeft(long at) => _lastFault as LocationException as Exception
            ?? new IntegrityException(
                $"{Record.Key.Cid} cannot be read beyond byte {at} of {Record.SizeBytes}: no copy that proves is left.",
                _lastFault);
    }
}
