using System.Buffers;
using CimStore.Locations;

namespace CimStore.Disk.Pool;

/// <summary>
/// Reads one stream of a copy, content or tree: from the data shards while they are right, else what is missing is
/// computed from any k that are. Thread-safe.
/// </summary>
internal sealed class StripeReader(PoolLocation pool, PoolCopy copy, byte stream)
{
    private readonly ShardDescription _shape = copy.Description;
    private bool _isNoted;

    public StripeLayout Layout { get; } =
        stream == CellCheck.OfContent ? copy.Description.Content : copy.Description.Tree;

    /// <summary>A record's own checksum stands for the check.</summary>
    private int CheckBytes => _shape.IsLarge ? StripeLayout.CheckBytes : 0;

    /// <summary>Of a cell with its check.</summary>
    public int CellAndCheckBytes(long stripe) => Layout.CellBytes(stripe) + StripeLayout.CheckBytes;

    /// <summary>From one cell to the next in a buffer of a whole stripe; no stripe has more than the first.</summary>
    public int Stride(long stripe) => StripeLayout.Apart(CellAndCheckBytes(stripe));

    /// <returns>Bytes read, fewer than fit only at the end.</returns>
    /// <exception cref="IntegrityException">Too few shards are right.</exception>
    /// <exception cref="LocationException">Too few shards are right, and others may be where nothing can be read now.
    /// </exception>
    public int Read(long offset, Span<byte> destination)
    {
        var wanted = (int)Math.Min(destination.Length, Math.Max(0, Layout.LengthBytes - offset));
        for (var read = 0; read < wanted;)
        {
            var (stripe, from) = Math.DivRem(offset + read, Layout.StripeBytes);
            var size = (int)Math.Min(wanted - read, Layout.FilledBytes(stripe) - from);
            ReadStripe(stripe, (int)from, destination.Slice(read, size));
            read += size;
        }

        return wanted;
    }

    /// <summary>Reads cells until k are right, data first and those found wrong before last.</summary>
    /// <param name="stripe">Which stripe.</param>
    /// <param name="buffer">A place of <see cref="Stride"/> bytes for every shard.</param>
    /// <param name="isPresent">Set for each shard whose cell was read and is right.</param>
    /// <returns>Whether k are.</returns>
    public bool Gather(long stripe, Span<byte> buffer, Span<bool> isPresent)
    {
        isPresent.Clear();
        var (stride, size, found) = (Stride(stripe), CellAndCheckBytes(stripe), 0);
        foreach (var again in (ReadOnlySpan<bool>)[false, true])
        {
            for (var shard = 0; shard < _shape.TotalShards && found < _shape.DataShards; shard++)
            {
                if (!isPresent[shard] && copy.IsBad(shard) == again
                    && TryReadCell(shard, stripe, buffer.Slice(shard * stride, size)))
                {
                    isPresent[shard] = true;
                    found++;
                }
            }
        }

        return found == _shape.DataShards;
    }

    /// <param name="shard">Which shard.</param>
    /// <param name="stripe">Which stripe.</param>
    /// <param name="cell">Of <see cref="CellAndCheckBytes"/>.</param>
    /// <returns>False, and the shard is marked, when the cell is missing or wrong.</returns>
    public bool TryReadCell(int shard, long stripe, Span<byte> cell)
    {
        if (copy.Shards[shard] is not { } known)
        {
            return false;
        }

        try
        {
            if (_shape.IsLarge ? TryReadLarge(known, shard, stripe, cell) : TryReadRecord(known, shard, cell))
            {
                return true;
            }
        }
        catch (LocationException fault)
        {
            // Told by what it costs: the cell counts as missing, and when too many do, the reader says so.
            copy.MarkUnread(shard, fault);
            return false;
        }
        catch (IntegrityException)
        {
            // As above: it was read, and is wrong.
        }

        copy.MarkBad(shard);
        return false;
    }

    /// <summary>Why too few cells are there, in words and as the kind of fault it is.</summary>
    /// <param name="stripe">Which stripe.</param>
    /// <param name="isPresent">The shards of which the cell is right.</param>
    public Exception TooFew(long stripe, ReadOnlySpan<bool> isPresent) =>
        pool.TooFew(copy, isPresent, $" (stripe {stripe})");

    private void ReadStripe(long stripe, int from, Span<byte> destination)
    {
        var (cellBytes, size) = (Layout.CellBytes(stripe), CellAndCheckBytes(stripe));
        var rented = ArrayPool<byte>.Shared.Rent(size);
        try
        {
            for (var read = 0; read < destination.Length;)
            {
                var (shard, start) = Math.DivRem(from + read, cellBytes);
                var cell = rented.AsSpan(0, size);
                if (copy.IsBad(shard) || !TryReadCell(shard, stripe, cell))
                {
                    Restore(stripe, from + read, destination[read..]);
                    return;
                }

                var count = Math.Min(destination.Length - read, cellBytes - start);
                cell.Slice(start, count).CopyTo(destination[read..]);
                read += count;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private void Restore(long stripe, int from, Span<byte> destination)
    {
        var (cellBytes, stride) = (Layout.CellBytes(stripe), Stride(stripe));
        var rented = ArrayPool<byte>.Shared.Rent(_shape.TotalShards * stride);
        try
        {
            var buffer = rented.AsSpan(0, _shape.TotalShards * stride);
            Span<bool> isPresent = stackalloc bool[_shape.TotalShards];
            Span<bool> isWanted = stackalloc bool[_shape.TotalShards];
            var isEnough = Gather(stripe, buffer, isPresent);
            NoteOnce();
            if (!isEnough)
            {
                throw TooFew(stripe, isPresent);
            }

            isWanted.Clear();
            for (var shard = from / cellBytes; shard <= (from + destination.Length - 1) / cellBytes; shard++)
            {
                isWanted[shard] = !isPresent[shard];
            }

            if (destination.Length == _shape.DataShards * cellBytes)
            {
                RestoreWhole(buffer, stride, cellBytes, isPresent, isWanted, destination);
                return;
            }

            pool.Code.Reconstruct(buffer, stride, cellBytes, isPresent, isWanted);
            for (var read = 0; read < destination.Length;)
            {
                var (shard, start) = Math.DivRem(from + read, cellBytes);
                var size = Math.Min(destination.Length - read, cellBytes - start);
                buffer.Slice((shard * stride) + start, size).CopyTo(destination[read..]);
                read += size;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>Asks for directories, which a reader of many stripes does not do for each of them.</summary>
    private void NoteOnce()
    {
        if (!_isNoted)
        {
            _isNoted = true;
            pool.NoteIfHealable(copy);
        }
    }

    /// <summary>Where all of a stripe is wanted it is computed where it belongs, without a copy.</summary>
    private void RestoreWhole(
        ReadOnlySpan<byte> buffer, int stride, int cellBytes, ReadOnlySpan<bool> isPresent, ReadOnlySpan<bool> isWanted,
        Span<byte> destination)
    {
        pool.Code.ReconstructData(buffer, stride, cellBytes, isPresent, isWanted, destination);
        for (var shard = 0; shard < _shape.DataShards; shard++)
        {
            if (isPresent[shard])
            {
                buffer.Slice(shard * stride, cellBytes).CopyTo(destination[(shard * cellBytes)..]);
            }
        }
    }

    private bool TryReadLarge(PoolShard known, int shard, long stripe, Span<byte> cell)
    {
        var (files, id) = (known.Directory.Large, known.Place.LargeId);
        var read = stream == CellCheck.OfContent
            ? files.Read(id, Layout.CellOffset(stripe), cell)
            : files.ReadTree(id, Layout.CellOffset(stripe), cell);
        if (read is null)
        {
            // Lost, where the directory is here; and where it is not nobody knows.
            known.Directory.RequireHere();
        }

        return read == cell.Length
            && CellCheck.IsRight(cell, _shape.Manifest.Incarnation, shard, stream, stripe);
    }

    private bool TryReadRecord(PoolShard known, int shard, Span<byte> cell)
    {
        var place = known.Place;
        var record = known.Directory.ReadRecord(place);
        if (record is null && pool.FindPlace(_shape.Manifest, known.Directory.Slot) is { } moved)
        {
            record = known.Directory.ReadRecord(place = moved);
        }

        if (record is not var (description, rented, start, length))
        {
            known.Directory.RequireHere();
            return false;
        }

        try
        {
            var isOurs = description.Index == shard && description.IsSameCopy(_shape)
                && length == cell.Length - StripeLayout.CheckBytes;
            if (isOurs)
            {
                rented.AsSpan(start, length).CopyTo(cell);
            }

            return isOurs;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }
}
