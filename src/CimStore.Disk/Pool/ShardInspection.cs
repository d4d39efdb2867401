using System.Buffers;
using System.Collections.Immutable;
using CimStore.Locations;

namespace CimStore.Disk.Pool;

/// <summary>Reads every cell of every shard of a copy.</summary>
internal sealed class ShardInspection(PoolLocation pool, PoolCopy copy)
{
    private readonly ShardDescription _shape = copy.Description;
    private long _bytesRead;

    public (CopyCondition Condition, bool[] IsIntact) Run(CancellationToken cancellationToken)
    {
        var isIntact = new bool[_shape.TotalShards];
        var faults = ImmutableArray.CreateBuilder<string>();
        for (var shard = 0; shard < isIntact.Length; shard++)
        {
            var fault = copy.Shards[shard] is { } known ? FaultOf(shard, known, cancellationToken) : "is missing";
            isIntact[shard] = fault is null;
            if (fault is not null)
            {
                copy.MarkBad(shard);
                faults.Add($"Shard {shard} {fault}.");
            }
        }

        var condition = new CopyCondition(
            _shape.TotalShards, isIntact.Count(static intact => intact), _shape.DataShards, faults.ToImmutable(),
            _bytesRead);
        return (condition, isIntact);
    }

    private string? FaultOf(int shard, PoolShard known, CancellationToken cancellationToken)
    {
        if (!known.Directory.IsHere)
        {
            return $"is in {known.Directory.Path}, which was removed or unmounted";
        }

        known.Directory.DropCached(known.Place);
        if (_shape.IsLarge && HeaderFault(shard, known) is { } fault)
        {
            return fault;
        }

        return StreamFault(shard, CellCheck.OfContent, cancellationToken)
            ?? (_shape.IsLarge ? StreamFault(shard, CellCheck.OfTree, cancellationToken) : null);
    }

    private string? HeaderFault(int shard, PoolShard known)
    {
        var described = pool.DescribeShard(known);
        return described switch
        {
            null => $"in {known.Directory.Path} has no header that can be read",
            _ when described.Index != shard || !described.IsSameCopy(_shape) =>
                $"in {known.Directory.Path} is one of another copy",
            _ => null,
        };
    }

    private string? StreamFault(int shard, byte stream, CancellationToken cancellationToken)
    {
        var reader = new StripeReader(pool, copy, stream);
        var stripes = _shape.StoredBytes == 0 && !_shape.IsLarge ? 0 : reader.Layout.Stripes;
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
            }

            return null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(cell);
        }
    }
}
