using System.Buffers;
using CimStore.Disk.Files;
using CimStore.Disk.Large;
using CimStore.Disk.Log;
using CimStore.Locations;

namespace CimStore.Disk.Pool;

// Inspecting every shard of a copy, and making again those that are missing or wrong.
public sealed partial class PoolLocation
{
    public async ValueTask<CopyCondition?> InspectAsync(
        ContentKey key, Copy copy, IReadPace? pace, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _known.Forget(key, copy.Incarnation);
        if (copy.Location != Id || Find(key, copy.Incarnation) is not { } found)
        {
            return null;
        }

        var (condition, _) = await new ShardInspection(this, found, pace).RunAsync(cancellationToken);
        return condition.IsWhole || !IsGivenUp(key, copy.Incarnation) ? condition : null;
    }

    public async ValueTask<CopyCondition?> HealAsync(
        ContentKey key, Copy copy, IReadPace? pace, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _known.Forget(key, copy.Incarnation);
        if (copy.Location != Id || Find(key, copy.Incarnation) is not { } found)
        {
            return null;
        }

        var (condition, isIntact) = await new ShardInspection(this, found, pace).RunAsync(cancellationToken);
        var directories = DirectoriesOf(found.Set);
        var missing = Enumerable.Range(0, isIntact.Length)
            .Where(shard => !isIntact[shard] && directories[shard] is { CanTakeShards: true }).ToArray();
        if (missing.Length == 0)
        {
            NoteHealed(key, copy);
            return condition;
        }

        LocationException? failed;
        try
        {
            failed = await HealAsync(found, directories, missing, pace, cancellationToken);
        }
        catch (IntegrityException hopeless)
        {
            NoteHealed(key, copy);
            return condition with { Faults = condition.Faults.Add(hopeless.Message) };
        }
        catch (DiskException failure)
        {
            throw Faults.Translate(failure);
        }
        finally
        {
            _known.Forget(key, copy.Incarnation);
        }

        if (failed is not null)
        {
            throw failed;
        }

        NoteHealed(key, copy);
        return Find(key, copy.Incarnation) is { } healed
            ? (await new ShardInspection(this, healed, pace).RunAsync(cancellationToken)).Condition
            : null;
    }

    /// <summary>
    /// What can be done now is done. Whoever had it healed read it before, and was noted for that: the note would have
    /// the whole copy read once more.
    /// </summary>
    private void NoteHealed(in ContentKey key, Copy copy) => _degraded.TryRemove((key, copy.Incarnation), out _);

    /// <returns>What kept a shard from being made again, the last of several; the others were made all the same.
    /// </returns>
    private ValueTask<LocationException?> HealAsync(
        PoolCopy found, ShardDirectory?[] directories, int[] missing, IReadPace? pace,
        CancellationToken cancellationToken) =>
        found.Description.IsLarge
            ? HealFilesAsync(found, directories, missing, pace, cancellationToken)
            : HealRecordsAsync(found, directories, missing);

    private async ValueTask<LocationException?> HealRecordsAsync(
        PoolCopy found, ShardDirectory?[] directories, int[] missing)
    {
        var (shape, reader) = (found.Description, new StripeReader(this, found, CellCheck.OfContent));
        var isEmpty = shape.StoredBytes == 0;
        var (stride, cellBytes) = isEmpty ? (0, 0) : (reader.Stride(0), reader.Layout.CellBytes(0));
        var stripe = ArrayPool<byte>.Shared.Rent(shape.TotalShards * stride);
        LocationException? failed = null;
        try
        {
            if (!isEmpty)
            {
                Restore(reader, 0, stripe, missing);
            }

            foreach (var shard in missing)
            {
                var write = ShardWrite.Shard(shape with { Index = shard }, stripe.AsMemory(shard * stride, cellBytes));
                failed = await FaultOfAsync(
                    async () => await CommitAsync(directories[shard]!, write, shape.Manifest)) ?? failed;
            }

            return failed;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(stripe);
        }
    }

    private async ValueTask<LocationException?> HealFilesAsync(
        PoolCopy found, ShardDirectory?[] directories, int[] missing, IReadPace? pace,
        CancellationToken cancellationToken)
    {
        var files = new StagedFile?[directories.Length];
        LocationException? failed = null;
        try
        {
            foreach (var shard in missing)
            {
                await TryAsync(shard, () =>
                {
                    directories[shard]!.RequireHere();
                    files[shard] = directories[shard]!.Large.Stage(found.Description.Content.ShardBytes);
                    return ValueTask.CompletedTask;
                });
            }

            await RestoreStreamAsync(
                found, CellCheck.OfContent, missing, pace,
                (shard, cell) => TryAsync(shard, () => files[shard] is { } file
                    ? file.WriteAsync(cell, cancellationToken) : ValueTask.CompletedTask),
                cancellationToken);
            await RestoreStreamAsync(
                found, CellCheck.OfTree, missing, pace,
                (shard, cell) => TryAsync(shard, () => files[shard] is { } file
                    ? file.WriteTreeAsync(cell, cancellationToken) : ValueTask.CompletedTask),
                cancellationToken);
            foreach (var shard in missing)
            {
                await TryAsync(shard, () => files[shard] is { } file
                    ? ShardFiles.AdmitAsync(
                        file, found.Description with { Index = shard },
                        write => CommitAsync(directories[shard]!, write, found.Description.Manifest))
                    : ValueTask.CompletedTask);
            }

            return failed;
        }
        finally
        {
            foreach (var file in files.OfType<StagedFile>())
            {
                await file.DisposeAsync();
            }
        }

        async ValueTask TryAsync(int shard, Func<ValueTask> step)
        {
            if (await FaultOfAsync(step) is { } fault)
            {
                failed = fault;
                var file = files[shard];
                files[shard] = null;
                await (file?.DisposeAsync() ?? ValueTask.CompletedTask);
            }
        }
    }

    /// <summary>One directory that takes nothing must not keep the others from getting theirs.</summary>
    private static async ValueTask<LocationException?> FaultOfAsync(Func<ValueTask> step)
    {
        try
        {
            await step();
            return null;
        }
        catch (LocationException failure)
        {
            return failure;
        }
        catch (DiskException failure)
        {
            return Faults.Translate(failure);
        }
    }

    /// <returns>False when the copy was given up meanwhile.</returns>
    private ValueTask<bool> CommitAsync(ShardDirectory directory, LogWrite write, CopyManifest manifest) =>
        directory.CommitHealedAsync(write, () => !_releasing.ContainsKey((manifest.Key, manifest.Incarnation))
            && _index.Shards(manifest.Key, manifest.Incarnation).Count > 0);

    private async ValueTask RestoreStreamAsync(
        PoolCopy found, byte stream, int[] missing, IReadPace? pace,
        Func<int, ReadOnlyMemory<byte>, ValueTask> write, CancellationToken cancellationToken)
    {
        var reader = new StripeReader(this, found, stream);
        if (reader.Layout.Stripes == 0)
        {
            return;
        }

        var total = found.Description.TotalShards;
        var stripe = ArrayPool<byte>.Shared.Rent(total * reader.Stride(0));
        try
        {
            for (long number = 0; number < reader.Layout.Stripes; number++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var stride = reader.Stride(number);
                await (pace?.TakeAsync(reader.Layout.FilledBytes(number), cancellationToken)
                    ?? ValueTask.CompletedTask);
                Restore(reader, number, stripe, missing);
                foreach (var shard in missing)
                {
                    var cell = stripe.AsMemory(shard * stride, reader.CellAndCheckBytes(number));
                    CellCheck.Write(cell.Span, found.Description.Manifest.Incarnation, shard, stream, number);
                    await write(shard, cell);
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(stripe);
        }
    }

    private void Restore(StripeReader reader, long number, byte[] stripe, int[] missing)
    {
        var stride = reader.Stride(number);
        var buffer = stripe.AsSpan(0, _options.TotalShards * stride);
        Span<bool> isPresent = stackalloc bool[_options.TotalShards];
        Span<bool> isWanted = stackalloc bool[_options.TotalShards];
        if (!reader.Gather(number, buffer, isPresent))
        {
            throw reader.TooFew(number, isPresent);
        }

        isWanted.Clear();
        foreach (var shard in missing)
        {
            // A shard that is damaged elsewhere may have been one of those that were right here.
            isWanted[shard] = !isPresent[shard];
        }

        _code.Reconstruct(buffer, stride, reader.Layout.CellBytes(number), isPresent, isWanted);
    }
}
