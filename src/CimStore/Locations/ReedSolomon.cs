using System.Buffers;

namespace CimStore.Locations;

/// <summary>
/// An erasure code: k data shards stay as they are, m parity shards are made from them, and any k of the k + m give
/// back the others. Whoever has lost a shard has to know so: a shard with wrong bytes makes wrong bytes. The parity is
/// that of ISA-L's and Hadoop's Cauchy matrix (docs/formats/reed-solomon.md). Immutable and thread-safe.
/// </summary>
public sealed unsafe class ReedSolomon
{
    /// <summary>The most shards of a stripe.</summary>
    public const int TotalShardsMax = 255;

    // A table of half bytes is read 16 bytes at a time: none may lie across two lines of the cache.
    private const int TableAlignmentBytes = 64;

    // The tables of so many factors lie on the stack, those of more in a rented array. 64 x 32 bytes = 2 KiB.
    private const int FactorsOnStackMax = 64;

    private readonly ReedSolomonPath _path;

    // Of shard i, the product of i ^ j over all data shards j but itself.
    private readonly byte[] _weights;

    // For encoding: rows are parity shards, columns data shards. The tables' array does not move.
    private readonly byte[] _factors;
    private readonly byte[] _tables;

    /// <param name="dataShards">k, at least 1.</param>
    /// <param name="parityShards">m, at least 0; k + m is <see cref="TotalShardsMax"/> at most.</param>
    public ReedSolomon(int dataShards, int parityShards)
        : this(dataShards, parityShards, ReedSolomonPaths.Best)
    {
    }

    internal ReedSolomon(int dataShards, int parityShards, ReedSolomonPath path)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dataShards, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(dataShards, TotalShardsMax);
        ArgumentOutOfRangeException.ThrowIfNegative(parityShards);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(parityShards, TotalShardsMax - dataShards);
        (DataShards, ParityShards, _path) = (dataShards, parityShards, path);
        var data = Shards(stackalloc byte[dataShards], 0);
        var parity = Shards(stackalloc byte[parityShards], dataShards);
        _weights = new byte[TotalShards];
        for (var shard = 0; shard < TotalShards; shard++)
        {
            _weights[shard] = Distances((byte)shard, data);
        }

        _factors = new byte[dataShards * parityShards];
        FillFactors(data, parity, _factors);
        _tables = GC.AllocateArray<byte>(
            (_factors.Length * ReedSolomonKernel.TableBytesOf(path)) + TableAlignmentBytes, pinned: true);
        fixed (byte* start = _tables)
        {
            ReedSolomonKernel.Pack(path, _factors, dataShards, _tables.AsSpan((int)(Align(start) - start)));
        }
    }

    /// <summary>k.</summary>
    public int DataShards { get; }

    /// <summary>m.</summary>
    public int ParityShards { get; }

    /// <summary>k + m. Data shards come first.</summary>
    public int TotalShards => DataShards + ParityShards;

    /// <summary>Fills the parity shards from the data shards.</summary>
    /// <param name="stripe">All shards, one behind another; up to the end of the last one at least.</param>
    /// <param name="stride">Bytes from the beginning of one shard to that of the next.</param>
    /// <param name="shardBytes">Bytes of each shard; what lies behind them up to the next is left alone.</param>
    public void Encode(Span<byte> stripe, int stride, int shardBytes)
    {
        CheckStripe(stripe, stride, shardBytes);
        var data = Shards(stackalloc byte[DataShards], 0);
        var parity = Shards(stackalloc byte[ParityShards], DataShards);
        fixed (byte* tables = _tables)
        {
            Run(stripe, stride, stripe, stride, shardBytes, data, parity, _factors, Align(tables));
        }
    }

    /// <summary>Fills the wanted shards that are not present from those that are.</summary>
    /// <param name="stripe">As for <see cref="Encode"/>.</param>
    /// <param name="stride">As for <see cref="Encode"/>.</param>
    /// <param name="shardBytes">As for <see cref="Encode"/>.</param>
    /// <param name="isPresent">For each shard, whether its bytes are right. These are not written to.</param>
    /// <param name="isWanted">For each shard, whether it has to be right afterwards. Others are left alone.</param>
    /// <exception cref="ArgumentException">Fewer than k shards are present; nothing was written.</exception>
    public void Reconstruct(
        Span<byte> stripe, int stride, int shardBytes, ReadOnlySpan<bool> isPresent, ReadOnlySpan<bool> isWanted)
    {
        CheckStripe(stripe, stride, shardBytes);
        CheckFlags(isPresent, nameof(isPresent));
        CheckFlags(isWanted, nameof(isWanted));
        Reconstruct(stripe, stride, shardBytes, isPresent, isWanted, stripe, stride);
    }

    /// <summary>Computes the wanted data shards that are not present to a place of their own.</summary>
    /// <param name="stripe">As for <see cref="Encode"/>; only read.</param>
    /// <param name="stride">As for <see cref="Encode"/>.</param>
    /// <param name="shardBytes">As for <see cref="Encode"/>.</param>
    /// <param name="isPresent">For each shard, whether its bytes are right.</param>
    /// <param name="isWanted">For each shard; parity shards cannot be.</param>
    /// <param name="data">
    /// Room for all data shards one behind another, without gaps; what is not computed is left alone. Does not overlap
    /// the stripe.
    /// </param>
    /// <exception cref="ArgumentException">Fewer than k shards are present, a parity shard is wanted or there is too
    /// little room; nothing was written.</exception>
    public void ReconstructData(
        ReadOnlySpan<byte> stripe, int stride, int shardBytes, ReadOnlySpan<bool> isPresent,
        ReadOnlySpan<bool> isWanted, Span<byte> data)
    {
        CheckStripe(stripe, stride, shardBytes);
        CheckFlags(isPresent, nameof(isPresent));
        CheckFlags(isWanted, nameof(isWanted));
        if (data.Length < (long)DataShards * shardBytes || isWanted[DataShards..].Contains(true)
            || stripe.Overlaps(data))
        {
            throw new ArgumentException(
                $"{DataShards} data shards of {shardBytes} bytes, and no parity, go to {data.Length} bytes that are "
                + "not the stripe's.",
                nameof(data));
        }

        Reconstruct(stripe, stride, shardBytes, isPresent, isWanted, data, shardBytes);
    }

    private void Reconstruct(
        ReadOnlySpan<byte> stripe, int stride, int shardBytes, ReadOnlySpan<bool> isPresent,
        ReadOnlySpan<bool> isWanted, Span<byte> destination, int destinationStride)
    {
        Span<byte> sources = stackalloc byte[DataShards];
        Span<byte> targets = stackalloc byte[TotalShards];
        var sourceCount = 0;
        var targetCount = 0;
        for (var shard = 0; shard < TotalShards; shard++)
        {
            if (!isPresent[shard] && isWanted[shard])
            {
                targets[targetCount++] = (byte)shard;
            }
            else if (isPresent[shard] && sourceCount < DataShards)
            {
                sources[sourceCount++] = (byte)shard;
            }
        }

        if (sourceCount < DataShards)
        {
            throw new ArgumentException(
                $"{DataShards} shards are needed and {sourceCount} are present.", nameof(isPresent));
        }

        Restore(stripe, stride, destination, destinationStride, shardBytes, sources, targets[..targetCount]);
    }

    private void Restore(
        ReadOnlySpan<byte> stripe, int stride, Span<byte> destination, int destinationStride, int shardBytes,
        ReadOnlySpan<byte> sources, ReadOnlySpan<byte> targets)
    {
        var factorCount = sources.Length * targets.Length;
        var tableBytes = factorCount * ReedSolomonKernel.TableBytesOf(_path);
        var sizeBytes = tableBytes + TableAlignmentBytes + factorCount;
        var rented = factorCount > FactorsOnStackMax ? ArrayPool<byte>.Shared.Rent(sizeBytes) : null;
        try
        {
            var room = rented ?? stackalloc byte[
                (FactorsOnStackMax * (GaloisField.NibbleBytes + 1)) + TableAlignmentBytes];
            var factors = room.Slice(tableBytes + TableAlignmentBytes, factorCount);
            FillFactors(sources, targets, factors);
            fixed (byte* start = room)
            {
                var tables = Align(start);
                ReedSolomonKernel.Pack(_path, factors, sources.Length, new Span<byte>(tables, tableBytes));
                Run(stripe, stride, destination, destinationStride, shardBytes, sources, targets, factors, tables);
            }
        }
        finally
        {
            if (rented is not null)
            {
                ArrayPool<byte>.Shared.Return(rented);
            }
        }
    }

    /// <summary>
    /// The factor by which each source counts in each target. By way of a polynomial f of degree below k with
    /// f(i) = weight of i x shard i, for data and, as the matrix is Cauchy's, for parity: Lagrange's interpolation
    /// from the sources gives f at a target. That takes some dozens of products where a matrix would be inverted.
    /// </summary>
    private void FillFactors(ReadOnlySpan<byte> sources, ReadOnlySpan<byte> targets, Span<byte> factors)
    {
        Span<byte> ofSource = stackalloc byte[sources.Length];
        for (var index = 0; index < sources.Length; index++)
        {
            ofSource[index] = GaloisField.Divide(_weights[sources[index]], Distances(sources[index], sources));
        }

        for (var row = 0; row < targets.Length; row++)
        {
            var target = targets[row];
            var ofTarget = GaloisField.Divide(Distances(target, sources), _weights[target]);
            for (var index = 0; index < sources.Length; index++)
            {
                factors[(row * sources.Length) + index] = GaloisField.Multiply(
                    ofTarget, GaloisField.Divide(ofSource[index], (byte)(target ^ sources[index])));
            }
        }
    }

    private void Run(
        ReadOnlySpan<byte> stripe,
        int stride,
        Span<byte> destination,
        int destinationStride,
        int shardBytes,
        ReadOnlySpan<byte> sources,
        ReadOnlySpan<byte> targets,
        ReadOnlySpan<byte> factors,
        byte* tables)
    {
        if (shardBytes == 0 || targets.IsEmpty)
        {
            return;
        }

        Span<nint> inputs = stackalloc nint[sources.Length];
        Span<nint> outputs = stackalloc nint[targets.Length];
        fixed (byte* start = stripe)
        fixed (byte* to = destination)
        {
            for (var index = 0; index < sources.Length; index++)
            {
                inputs[index] = (nint)start + ((nint)sources[index] * stride);
            }

            for (var index = 0; index < targets.Length; index++)
            {
                outputs[index] = (nint)to + ((nint)targets[index] * destinationStride);
            }

            ReedSolomonKernel.Run(_path, factors, tables, inputs, outputs, shardBytes);
        }
    }

    private void CheckStripe(ReadOnlySpan<byte> stripe, int stride, int shardBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(shardBytes);
        ArgumentOutOfRangeException.ThrowIfLessThan(stride, shardBytes);
        if (stripe.Length < ((long)(TotalShards - 1) * stride) + shardBytes)
        {
            throw new ArgumentException(
                $"{TotalShards} shards of {shardBytes} bytes, {stride} apart, do not fit {stripe.Length} bytes.",
                nameof(stripe));
        }
    }

    private void CheckFlags(ReadOnlySpan<bool> flags, string name)
    {
        if (flags.Length != TotalShards)
        {
            throw new ArgumentException($"{flags.Length} flags for {TotalShards} shards.", name);
        }
    }

    private static Span<byte> Shards(Span<byte> shards, int first)
    {
        for (var index = 0; index < shards.Length; index++)
        {
            shards[index] = (byte)(first + index);
        }

        return shards;
    }

    /// <summary>The product of shard ^ other over all others that are not the shard itself.</summary>
    private static byte Distances(byte shard, ReadOnlySpan<byte> others)
    {
        byte product = 1;
        foreach (var other in others)
        {
            product = other == shard ? product : GaloisField.Multiply(product, (byte)(shard ^ other));
        }

        return product;
    }

    private static byte* Align(byte* start) =>
        (byte*)(((nint)start + TableAlignmentBytes - 1) & ~(nint)(TableAlignmentBytes - 1));
}
