using System.Buffers;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using CimStore.Content;
using CimStore.Diagnostics;
using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Engine;

// Verify and explain: what is true of an object, and why it is where it is.
public sealed partial class StorageNode
{
    private bool _isChecking;

    public async ValueTask<VerifyResult?> VerifyAsync(Cid cid, CancellationToken cancellationToken)
    {
        var key = KeyOf(cid);
        if (!_holds.TryHold(key))
        {
            return null;
        }

        try
        {
            if (await _catalog.FindAsync(key, cancellationToken) is not { IsPresent: true } record)
            {
                return null;
            }

            var verdicts = ImmutableArray.CreateBuilder<CopyVerdict>();
            var shown = new List<StorageCommand.Verify>();
            foreach (var copy in record.Copies)
            {
                var verdict = await JudgeAsync(record, copy, cancellationToken);
                verdicts.Add(verdict);
                if (verdict.IsUnread)
                {
                    // Not a word of its bytes is known: it is not found wrong.
                    continue;
                }

                shown.Add(new StorageCommand.Verify(key, copy.Location, copy.Incarnation, verdict.Detail));
                if (verdict.Detail is not null)
                {
                    _metrics.Corrupt();
                    Log.CopyQuarantined(_ports.Logger, key.Cid.ToString(), copy.Location.Name, verdict.Detail);
                    _cache.Remove(key);
                }
            }

            await RecordAsync(key, shown);
            var isWhole = verdicts.Count > 0 && verdicts.All(verdict => verdict.IsRight);
            return new VerifyResult(key.Cid, isWhole, verdicts.ToImmutable());
        }
        finally
        {
            _holds.LetGo(key);
        }
    }

    public async IAsyncEnumerable<CheckStep> CheckAsync(
        CheckRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (Interlocked.Exchange(ref _isChecking, true))
        {
            throw Refuse("check-running", "Another check of this store is running; wait for its end, or end it.");
        }

        try
        {
            var check = new NodeCheck(this, _ports.Maintenance, _time);
            await foreach (var step in check.RunAsync(request.IsQuick, cancellationToken))
            {
                yield return step;
            }
        }
        finally
        {
            Volatile.Write(ref _isChecking, false);
        }
    }

    /// <summary>Reads a whole copy. One that is away says nothing of the object's others.</summary>
    private async ValueTask<CopyVerdict> JudgeAsync(
        ObjectRecord record, Copy copy, CancellationToken cancellationToken)
    {
        try
        {
            var detail = await FaultOfAsync(record, copy, cancellationToken);
            return new CopyVerdict(copy.Location, detail is null, detail);
        }
        catch (LocationException failure)
        {
            var location = LocationOf(copy);
            if (location is not null && await IsOfOneCopyAsync(record.Key, location, failure, cancellationToken))
            {
                return new CopyVerdict(copy.Location, false, failure.Message);
            }

            if (location is not null)
            {
                _absences.Note(copy.Location, failure);
            }

            return new CopyVerdict(copy.Location, false, failure.Message) { IsUnread = true };
        }
    }

    private static string Unbound(LocationId location) =>
        $"The location {location} is not part of this node: bind it in the configuration.";

    /// <summary>Reads a whole copy, and its tree, from the medium.</summary>
    /// <param name="record">The object.</param>
    /// <param name="copy">The copy.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <param name="pace">How fast it may read; null for as fast as it can.</param>
    /// <returns>What is wrong; null when nothing is.</returns>
    private async ValueTask<string?> FaultOfAsync(
        ObjectRecord record, Copy copy, CancellationToken cancellationToken, IReadPace? pace = null) =>
        (await FindFaultAsync(record, copy, cancellationToken, pace))?.Detail;

    private async ValueTask<CopyFault?> FindFaultAsync(
        ObjectRecord record, Copy copy, CancellationToken cancellationToken, IReadPace? pace = null)
    {
        if (LocationOf(copy) is not { } location)
        {
            throw new LocationException(LocationFault.Offline, Unbound(copy.Location));
        }

        if (copy.State == CopyState.Quarantined)
        {
            return new CopyFault("found wrong earlier; it waits for a repair", false);
        }

        var block = ArrayPool<byte>.Shared.Rent(RunSizeBytes);
        try
        {
            return await CompareAsync(
                record, copy, location, block.AsMemory(0, RunSizeBytes), pace, cancellationToken);
        }
        catch (IntegrityException fault)
        {
            return new CopyFault(fault.Message, false);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(block);
        }
    }

    private static async ValueTask<CopyFault?> CompareAsync(
        ObjectRecord record, Copy copy, ILocation location, Memory<byte> block, IReadPace? pace,
        CancellationToken cancellationToken)
    {
        var nodes = new ArrayBufferWriter<byte>();
        var tree = new Blake3OutboardBuilder(nodes);
        using var sha256 = record.Key.Cid.HashFunction == HashFunctions.Sha256
            ? IncrementalHash.CreateHash(HashAlgorithmName.SHA256) : null;
        var nodeOffset = 0L;
        string? treeFault = null;
        while (true)
        {
            var read = await location.ReadAsync(record.Key, copy, tree.Length, block, cancellationToken);
            if (read is null)
            {
                return new CopyFault("the copy is missing", false);
            }

            if (read == 0)
            {
                break;
            }

            if (pace is not null)
            {
                await pace.TakeAsync(read.Value, cancellationToken);
            }

            tree.Update(block.Span[..read.Value]);
            sha256?.AppendData(block.Span[..read.Value]);
            treeFault ??= await TreeFaultAsync(record, copy, location, nodes, nodeOffset, cancellationToken);
            nodeOffset += nodes.WrittenCount;
            nodes.ResetWrittenCount();
        }

        if (EndFault(record, tree, sha256) is { } wrong)
        {
            return new CopyFault(wrong, false);
        }

        treeFault ??= await TreeFaultAsync(record, copy, location, nodes, nodeOffset, cancellationToken);
        return treeFault is null
            ? null : new CopyFault($"{treeFault}; its bytes are right, so that a repair makes it again", true);
    }

    private static string? EndFault(ObjectRecord record, Blake3OutboardBuilder tree, IncrementalHash? sha256)
    {
        if (tree.Length != record.SizeBytes)
        {
            return $"it has {tree.Length} of {record.SizeBytes} bytes";
        }

        Span<byte> root = stackalloc byte[Blake3.HashSizeBytes];
        tree.Finish(root);
        var isRight = root.SequenceEqual(record.Root.Digest)
            && (sha256 is null || sha256.GetHashAndReset().AsSpan().SequenceEqual(record.Key.Cid.Digest));
        return isRight ? null : "its bytes are not the content that was stored";
    }

    private static async ValueTask<string?> TreeFaultAsync(
        ObjectRecord record, Copy copy, ILocation location, ArrayBufferWriter<byte> expected, long offset,
        CancellationToken cancellationToken)
    {
        if (expected.WrittenCount == 0)
        {
            return null;
        }

        var held = new byte[expected.WrittenCount];
        try
        {
            var read = await location.ReadTreeAsync(record.Key, copy, offset, held, cancellationToken);

            // Kept under another inline limit than today's, it has none and needs none.
            return (read is null && record.SizeBytes <= WholeSizeMaxBytes)
                || (read == held.Length && held.AsSpan().SequenceEqual(expected.WrittenSpan))
                    ? null
                    : $"its tree is wrong from byte {offset} on";
        }
        catch (Exception fault) when (
            fault is IntegrityException or LocationException { Fault: LocationFault.Medium })
        {
            return $"its tree cannot be read from byte {offset} on ({fault.Message})";
        }
    }

    /// <param name="Detail">What is wrong with a copy.</param>
    /// <param name="IsOfTree">All of its bytes are right: what is wrong can be made again from them.</param>
    private sealed record CopyFault(string Detail, bool IsOfTree);
}
