using System.Buffers;
using CimStore.Locations;

namespace CimStore.Disk.Pool;

/// <summary>
/// Cuts a stream into stripes, computes the parity and hands out every cell with its check, stripe after stripe. Keeps
/// one stripe in memory, whatever the length of the stream.
/// </summary>
internal sealed class StripeWriter : IDisposable
{
    private readonly ReedSolomon _code;
    private readonly int _blockBytes;
    private readonly ulong _incarnation;
    private readonly byte _stream;
    private readonly Func<int, ReadOnlyMemory<byte>, CancellationToken, ValueTask> _write;
    private readonly byte[] _stripe;
    private readonly int _stride;
    private int _filled;
    private long _stripes;

    /// <param name="write">Given the shard and its cell, which is valid until its task completes.</param>
    public StripeWriter(
        ReedSolomon code, int blockBytes, ulong incarnation, byte stream,
        Func<int, ReadOnlyMemory<byte>, CancellationToken, ValueTask> write)
    {
        (_code, _blockBytes, _incarnation, _stream, _write) = (code, blockBytes, incarnation, stream, write);
        _stride = blockBytes + StripeLayout.CheckBytes;
        _stripe = ArrayPool<byte>.Shared.Rent(code.TotalShards * _stride);
    }

    /// <summary>Of the stream, without what the last stripe is filled up with.</summary>
    public long LengthBytes { get; private set; }

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        while (!bytes.IsEmpty)
        {
            var (shard, start) = Math.DivRem(_filled, _blockBytes);
            var size = Math.Min(bytes.Length, _blockBytes - start);
            bytes.Span[..size].CopyTo(_stripe.AsSpan((shard * _stride) + start));
            bytes = bytes[size..];
            _filled += size;
            LengthBytes += size;
            if (_filled == _code.DataShards * _blockBytes)
            {
                await FlushAsync(_stride, _blockBytes, cancellationToken);
            }
        }
    }

    /// <summary>The last stripe: shared among the shards evenly, filled up with zeros.</summary>
    public async ValueTask FinishAsync(CancellationToken cancellationToken)
    {
        if (_filled == 0)
        {
            return;
        }

        var cellBytes = (_filled + _code.DataShards - 1) / _code.DataShards;
        var stride = cellBytes + StripeLayout.CheckBytes;
        Spread(cellBytes, stride);
        await FlushAsync(stride, cellBytes, cancellationToken);
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(_stripe);

    private void Spread(int cellBytes, int stride)
    {
        var gathered = ArrayPool<byte>.Shared.Rent(_code.DataShards * cellBytes);
        var bytes = gathered.AsSpan(0, _code.DataShards * cellBytes);
        bytes[_filled..].Clear();
        for (var at = 0; at < _filled; at += _blockBytes)
        {
            var size = Math.Min(_blockBytes, _filled - at);
            _stripe.AsSpan(at / _blockBytes * _stride, size).CopyTo(bytes[at..]);
        }

        for (var shard = 0; shard < _code.DataShards; shard++)
        {
            bytes.Slice(shard * cellBytes, cellBytes).CopyTo(_stripe.AsSpan(shard * stride));
        }

        ArrayPool<byte>.Shared.Return(gathered);
    }

    private async ValueTask FlushAsync(int stride, int cellBytes, CancellationToken cancellationToken)
    {
        _code.Encode(_stripe.AsSpan(0, _code.TotalShards * stride), stride, cellBytes);
        for (var shard = 0; shard < _code.TotalShards; shard++)
        {
            var cell = _stripe.AsMemory(shard * stride, cellBytes + StripeLayout.CheckBytes);
            CellCheck.Write(cell.Span, _incarnation, shard, _stream, _stripes);
            await _write(shard, cell, cancellationToken);
        }

        _stripes++;
        _filled = 0;
    }
}
