using System.Buffers;
using System.Collections.Immutable;
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
    /// What is read and proved at once: what proves fastest, and small enough to be still in the processor's second
    /// cache when it is hashed.
    /// </summary>
    private const int RunSizeBytes = 256 << 10;

    /// <summary>Smaller content is proved before a second thread has woken up.</summary>
    private const int SharedSizeMinBytes = 2 * RunSizeBytes;

    /// <summary>What is given out at once. Its runs are read and hashed by as many threads as have time.</summary>
    private const int StretchSizeBytes = 4 * RunSizeBytes;

    /// <summary>Reads one content from its copies, each as far as it proves. Holds it against release.</summary>
    private sealed partial class ContentReader(
        StorageNode node, ObjectRecord record, long cacheVersion, bool isForReader) : IContentReader
    {
        private readonly long? _started =
            node._reads is null ? node._metrics.Now(node._time) : node._time.GetTimestamp();

        // A cache copy that D5 leaves behind is read before the pool.
        private readonly ImmutableArray<Copy> _copies = node.InOrder(record.Copies);

        private HashSet<LocationId>? _told;
        private LocationId _servedFrom;
        private long _askedAt;
        private bool _isAnswered;
        private Exception? _lastFault;

        // A copy that could not be read now may be right: as long as there is one, the content is not lost.
        private LocationException? _away;
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
                if (isForReader)
                {
                    node._reads?.Add(Record.Key, _servedFrom, took!.Value);
                }
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

        private void Ask(Copy copy) =>
            (_servedFrom, _askedAt, _isAnswered) = (copy.Location, node._time.GetTimestamp(), !isForReader);

        /// <summary>The first bytes of a copy are proved: so long its location took. What comes after them the reader's
        /// own pace decides too.</summary>
        private void Answered(bool isWhole)
        {
            if (!_isAnswered && Record.SizeBytes > 0)
            {
                _isAnswered = true;
                node.Measured(_servedFrom, node._time.GetElapsedTime(_askedAt), isWhole);
            }
        }

        // Read and proved where it is handed out: nothing of it counts as written before it is advanced over.
        private async ValueTask CopyWholeAsync(PipeWriter destination, CancellationToken cancellationToken)
        {
            var size = (int)Record.SizeBytes;
            foreach (var copy in _copies)
            {
                Ask(copy);
                var whole = destination.GetMemory(size)[..size];
                if (await TryProveWholeAsync(copy, whole, cancellationToken))
                {
                    Answered(isWhole: true);
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
                foreach (var copy in _copies)
                {
                    Ask(copy);
                    if (await TryProveWholeAsync(copy, whole.AsMemory(0, size), cancellationToken))
                    {
                        Answered(isWhole: true);
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
            if (whole.Length >= SharedSizeMinBytes)
            {
                return await TryProveRunsAsync(copy, whole, cancellationToken);
            }

            var read = await TryReadAsync(copy, 0, whole, cancellationToken);
            if (read != whole.Length)
            {
                return read is not null && await BadAsync(copy, $"it ends at {read} of {whole.Length} bytes");
            }

            return IsRoot(Record.Key.Cid, Record, whole.Span) || await OtherAsync(copy);
        }

        /// <summary>The same for content worth several threads.</summary>
        private async ValueTask<bool> TryProveRunsAsync(
            Copy copy, Memory<byte> whole, CancellationToken cancellationToken)
        {
            if (!IsReadable(copy))
            {
                return false;
            }

            var verifier = new Blake3OutboardVerifier(Record.Root.Digest, whole.Length);
            var runs = Runs(0, whole);
            await FillRunsAsync(copy, verifier, runs, cancellationToken);
            if (runs.Find(static run => !run.IsFilled) is { } unfilled)
            {
                return await UnfilledAsync(copy, unfilled);
            }

            // Each run begins at a multiple of its size and reaches to the next, or to the end: it is one subtree.
            return verifier.IsWhole([.. runs.Select(static run => run.Hash!.Value)]) || await OtherAsync(copy);
        }

        private async ValueTask CopyGroupsAsync(
            PipeWriter destination, ContentRange range, CancellationToken cancellationToken)
        {
            var verifier = new Blake3OutboardVerifier(Record.Root.Digest, Record.SizeBytes);
            var at = range.Offset;
            do
            {
                // Copies that are wrong in different places give it all together: round again while that leads on.
                var before = -1L;
                while (at > before)
                {
                    before = at;
                    foreach (var copy in _copies)
                    {
                        Ask(copy);
                        at = await CopyFromAsync(copy, verifier, destination, at, range.End, cancellationToken);
                        if (at >= range.End)
                        {
                            return;
                        }
                    }
                }
            }
            while (await FindTreeAsync(cancellationToken));

            throw NothingLeft(at);
        }

        /// <returns>How far it got: to <paramref name="end"/>, or to where this copy fails.</returns>
        private async ValueTask<long> CopyFromAsync(
            Copy copy, Blake3OutboardVerifier verifier, PipeWriter destination, long at, long end,
            CancellationToken cancellationToken)
        {
            var isRight = IsReadable(copy);
            while (at < end && isRight)
            {
                var start = at - (at % Blake3Outboard.GroupSizeBytes);
                var stretchEnd = Math.Min(((start / StretchSizeBytes) + 1) * StretchSizeBytes, GroupEnd(end));
                var size = (int)(stretchEnd - start);
                var rented = start == at && stretchEnd <= end ? null : ArrayPool<byte>.Shared.Rent(size);
                try
                {
                    // Whole groups are read and proved where they are handed out: none counts as written before it is
                    // advanced over. What begins or ends within a group is read elsewhere.
                    var stretch = rented?.AsMemory(0, size) ?? destination.GetMemory(size)[..size];
                    (var provedEnd, isRight) = await ReadStretchAsync(
                        copy, verifier, start, stretch, cancellationToken);
                    var sendEnd = Math.Min(provedEnd, end);
                    if (sendEnd <= at)
                    {
                        continue;
                    }

                    Answered(isWhole: false);
                    if (rented is null)
                    {
                        destination.Advance((int)(sendEnd - at));
                    }
                    else
                    {
                        destination.Write(stretch.Span[(int)(at - start)..(int)(sendEnd - start)]);
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

        /// <returns>How far it is proved, and whether that is all; if not the copy is quarantined.</returns>
        private async ValueTask<(long ProvedEnd, bool IsRight)> ReadStretchAsync(
            Copy copy, Blake3OutboardVerifier verifier, long start, Memory<byte> stretch,
            CancellationToken cancellationToken)
        {
            var runs = Runs(start, stretch);
            await FillRunsAsync(copy, verifier, runs, cancellationToken);
            var (provedEnd, isRight) = (start, true);
            for (var index = 0; index < runs.Count && isRight; index++)
            {
                (provedEnd, isRight) = await ProveRunAsync(copy, verifier, runs[index], cancellationToken);
            }

            return (provedEnd, isRight);
        }

        private static List<ContentRun> Runs(long start, Memory<byte> stretch)
        {
            var runs = new List<ContentRun>();
            while (!stretch.IsEmpty)
            {
                var size = (int)Math.Min(stretch.Length, RunSizeBytes - (start % RunSizeBytes));
                runs.Add(new ContentRun(start, stretch[..size]));
                (start, stretch) = (start + size, stretch[size..]);
            }

            return runs;
        }

        /// <summary>
        /// When it returns, nothing is read into the runs any more. Behind one that cannot be filled no more are begun.
        /// </summary>
        private async ValueTask FillRunsAsync(
            Copy copy, Blake3OutboardVerifier verifier, List<ContentRun> runs, CancellationToken cancellationToken)
        {
            if (runs.Count == 1)
            {
                await FillRunAsync(copy, verifier, runs[0], cancellationToken);
                return;
            }

            var failedAt = long.MaxValue;
            await Parallel.ForEachAsync(runs, cancellationToken, async (run, token) =>
            {
                if (run.Start < Volatile.Read(ref failedAt))
                {
                    await FillRunAsync(copy, verifier, run, token);
                    if (!run.IsFilled)
                    {
                        Volatile.Write(ref failedAt, run.Start);
                    }
                }
            });
        }

        /// <summary>What the location throws is told when the run's turn has come.</summary>
        private async ValueTask FillRunAsync(
            Copy copy, Blake3OutboardVerifier verifier, ContentRun run, CancellationToken cancellationToken)
        {
            try
            {
                run.Filled = await node.ReadFullyAsync(
                    Record.Key, copy, run.Start, run.Bytes, isTree: false, cancellationToken);
            }
            catch (Exception fault) when (fault is LocationException or IntegrityException)
            {
                run.Fault = fault;
            }

            if (run.IsFilled)
            {
                run.Hash = verifier.HashSubtree(run.FirstGroup, run.Bytes.Span);
            }
        }

        private async ValueTask<(long ProvedEnd, bool IsRight)> ProveRunAsync(
            Copy copy, Blake3OutboardVerifier verifier, ContentRun run, CancellationToken cancellationToken)
        {
            return run.IsFilled
                ? await ProveAsync(copy, verifier, run, cancellationToken)
                : (run.Start, await UnfilledAsync(copy, run));
        }

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

        private ValueTask<int?> TryFillAsync(
            Copy copy, long offset, Memory<byte> destination, bool isTree, CancellationToken cancellationToken) =>
            IsReadable(copy)
                ? TryAsync(
                    copy, node.ReadFullyAsync(Record.Key, copy, offset, destination, isTree, cancellationToken))
                : ValueTask.FromResult<int?>(null);

        private bool IsReadable(Copy copy)
        {
            var isBound = node.LocationOf(copy) is not null;
            if (!isBound)
            {
                _away ??= new LocationException(LocationFault.Offline, Unbound(copy.Location));
            }

            return isBound && copy.State is not CopyState.Releasing;
        }

        /// <returns>Bytes read, fewer only at the end; null when this copy cannot be read at all.</returns>
        private async ValueTask<int?> TryAsync(Copy copy, ValueTask<int?> read)
        {
            try
            {
                var filled = await read;
                if (filled is null)
                {
                    _lastFault = new IntegrityException($"The copy at {copy.Location} is missing.");
                }

                return filled;
            }
            catch (IntegrityException fault)
            {
                await BadAsync(copy, fault.Message);
                return null;
            }
            catch (LocationException fault)
            {
                if (await IsOfOneCopyAsync(Record.Key, node.LocationOf(copy)!, fault, CancellationToken.None))
                {
                    await BadAsync(copy, fault.Message);
                    return null;
                }

                node._absences.Note(copy.Location, fault);
                _away ??= fault;
                return null;
            }
        }

        private ValueTask<bool> OtherAsync(Copy copy) =>
            BadAsync(copy, "its bytes are not the content that was stored");

        private async ValueTask<bool> UnfilledAsync(Copy copy, ContentRun run) =>
            await TryAsync(copy, run.Outcome) is { } read
            && await BadAsync(copy, $"it ends at {run.Start + read} of {Record.SizeBytes} bytes");

        /// <returns>False, for the caller to return.</returns>
        private async ValueTask<bool> BadAsync(Copy copy, string detail)
        {
            _lastFault = new IntegrityException($"The copy of {Record.Key.Cid} at {copy.Location} is bad: {detail}.");
            if (copy.State == CopyState.Verified && (_told ??= []).Add(copy.Location))
            {
                await node.TryQuarantineAsync(Record.Key, copy, detail);
            }

            return false;
        }

        private Exception NothingLeft(long at) => _away as Exception
            ?? new IntegrityException(
                $"{Record.Key.Cid} cannot be read beyond byte {at} of {Record.SizeBytes}: no copy that proves is left.",
                _lastFault);
    }
}
