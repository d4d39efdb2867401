using System.Buffers;
using System.Collections.Immutable;
using CimStore.Locations;

namespace CimStore.Disk.Pool;

/// <summary>Reads every cell of every shard of a copy.</summary>
internal sealed class ShardInspection(PoolLocation pool, PoolCopy copy, IReadPace? pace)
{
    private readonly ShardDescription _shape = copy.Description;
    private long _bytesRead;

    /// <exception cref="LocationException">Too few shards are right, and those that cannot be read now may be what
    /// makes them enough.</exception>
    public async ValueTask<(CopyCondition Condition, bool[] IsIntact)> RunAsync(CancellationToken cancellationToken)
    {
        var isIntact = new bool[_shape.TotalShards];
        var faults = ImmutableArray.CreateBuilder<string>();
        for (var shard = 0; shard < isIntact.Length; shard++)
        {
            var fault = copy.Shards[shard] is { } known
                ? await FindFaultAsync(shard, known, cancellationToken)
                : pool.UnusedPath(copy.Set, shard) is { } unused ? $"is missing: {unused} is not in use" : "is missing";
            isIntact[shard] = fault is null;
            if (fault is not null)
            {
                faults.Add($"Shard {shard} {fault}.");
            }
        }

        var condition = new CopyCondition(
            _shape.TotalShards, isIntact.Count(static intact => intact), _shape.DataShards, faults.ToImmutable(),
            _bytesRead);
        return condition.IsReadable || pool.TooFew(copy, isIntact, "") is not LocationException away
            ? (condition, isIntact)
            : throw away;
    }

    private async ValueTask<string?> FindFaultAsync(
        int shard, PoolShard known, CancellationToken cancellationToken)
    {
        if (!known.Directory.IsHere)
        {
            copy.MarkUnread(shard, known.Directory.Gone());
            return $"is in {known.Directory.Path}, which was removed or unmounted";
        }

        known.Directory.DropCached(known.Place);
        if (_shape.IsLarge && HeaderFault(shard, known) is { } fault)
        {
            return fault;
        }

        return await FindStreamFaultAsync(shard, CellCheck.OfContent, cancellationToken)
            ?? (_shape.IsLarge ? await FindStreamFaultAsync(shard, CellCheck.OfTree, cancellationToken) : null);
    }

    private string? HeaderFault(int shard, PoolShard known)
    {
        ShardDescription? described;
        try
        {
            described = PoolLocation.DescribeShard(known);
        }
        catch (LocationException why)
        {
            copy.MarkUnread(shard, why);
            return $"in {known.Directory.Path} cannot be read: {why.Message}";
        }
        catch (IntegrityException)
        {
            described = null;
        }

        if (described is not null && described.Index == shard && described.IsSameCopy(_shape))
        {
            return null;
        }

        copy.MarkBad(shard);
        return described is null
            ? $"in {known.Directory.Path} has no header that can be read"
            : $"in {known.Directory.Path} is one of another copy";
    }

    private async ValueTask<string?> FindStreamFaultAsync(
        int shard, byte stream, CancellationToken cancellationToken)
    {
        var reader = new StripeReader(pool, copy, stream);

        // A record is read and proved whole, also one that holds nothing.
        var stripes = _shape.IsLarge ? reader.Layout.Stripes : 1;
        if (stripes == 0)
        {
            return null;
        }

        var cell = ArrayPool<byte>.Shared.Rent(reader.CellAndCheckBytes(0));
        try
        {
            for (long stripe = 0; stripe < stripes; stripe++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var size = reader.CellAndCheckBytes(stripe);
                if (!reader.TryReadCell(shard, stripe, cell.AsSpan(0, size)))
                {
                    return $"in {copy.Shards[shard]!.Directory.Path} is damaged or unreadable in "
                        + (stream == CellCheck.OfTree ? "its tree, " : "") + $"stripe {stripe}";
                }

                _bytesRead += size;
                await (pace?.TakeAsync(size, cancellationToken) ?? ValueTask.CompletedTask);
            }

            return null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(cell);
        }
    }
}
