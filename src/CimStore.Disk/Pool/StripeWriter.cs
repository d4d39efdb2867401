using System.Buffers;
using CimStore.Locations;

namespace CimStore.Disk.Pool;

/// <summary>
/// Cuts a stream into stripes, computes the parity and hands out every shard's cells with their checks, many stripes at
/// a time. Keeps a bounded number of stripes in memory, whatever the length of the stream.
/// </summary>
internal sealed class StripeWriter : IDisposable
{
    /// <summary>What a shard is given at a time: as much as a file takes in one piece without another copy.</summary>
    private const int ShardBytesAtOnce = 1 << 20;

    private readonly ReedSolomon _code;
    private readonly int _blockBytes;
    private readonly ulong _incarnation;
    private readonly byte _stream;
    private readonly Func<int, ReadOnlyMemory<byte>, CancellationToken, ValueTask> _write;
    private readonly byte[] _cells;
    private readonly int _cellsAtOnce;
    private readonly int _cellBytes;
    private readonly int _stride;
    private int _filled;
    private int _stripesHeld;
    private long _stripes;

    /// <param name="code">The code.</param>
    /// <param name="blockBytes">Of a cell, but in the last stripe.</param>
    /// <param name="incarnation">Of the copy: the checks cover it.</param>
    /// <param name="stream">Content or tree.</param>
    /// <param name="sizeHint">How long the stream will be, if that is known: a short one gets little memory.</param>
    /// <param name="write">Given the shard and its cells, which are valid until its task completes.</param>
    public StripeWriter(
        ReedSolomon code, int blockBytes, ulong incarnation, byte stream, long? sizeHint,
        Func<int, ReadOnlyMemory<byte>, CancellationToken, ValueTask> write)
    {
        (_code, _blockBytes, _incarnation, _stream, _write) = (code, blockBytes, incarnation, stream, write);
        _cellBytes = blockBytes + StripeLayout.CheckBytes;
        var stripes = sizeHint is { } size
            ? new StripeLayout(code.DataShards, blockBytes, size).Stripes
            : long.MaxValue;
        _cellsAtOnce = (int)Math.Clamp(stripes, 1, Math.Max(1, ShardBytesAtOnce / blockBytes));
        _stride = StripeLayout.Apart(_cellsAtOnce * _cellBytes);
        _cells = ArrayPool<byte>.Shared.Rent(code.TotalShards * _stride);
    }

    /// <summary>Of the stream, without what the last stripe is filled up with.</summary>
    public long LengthBytes { get; private set; }

    private int StripeBytes => _code.DataShards * _blockBytes;

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        while (!bytes.IsEmpty)
        {
            var (shard, start) = Math.DivRem(_filled, _blockBytes);
            var size = Math.Min(bytes.Length, _blockBytes - start);
            bytes.Span[..size].CopyTo(_cells.AsSpan(At(shard, _stripesHeld) + start));
            bytes = bytes[size..];
            _filled += size;
            LengthBytes += size;
            if (_filled == StripeBytes)
            {
                EndStripe(_blockBytes);
                if (_stripesHeld == _cellsAtOnce)
                {
                    await FlushAsync(_stripesHeld * _cellBytes, cancellationToken);
                }
            }
        }
    }

    /// <summary>The last stripe: shared among the shards evenly, filled up with zeros.</summary>
    public async ValueTask FinishAsync(CancellationToken cancellationToken)
    {
        var bytes = _stripesHeld * _cellBytes;
        if (_filled > 0)
        {
            var cellBytes = (_filled + _code.DataShards - 1) / _code.DataShards;
            Spread(cellBytes);
            bytes += cellBytes + StripeLayout.CheckBytes;
            EndStripe(cellBytes);
        }

        await FlushAsync(bytes, cancellationToken);
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(_cells);

    private int At(int shard, int stripe) => (shard * _stride) + (stripe * _cellBytes);

    private void Spread(int cellBytes)
    {
        var gathered = ArrayPool<byte>.Shared.Rent(_code.DataShards * cellBytes);
        var bytes = gathered.AsSpan(0, _code.DataShards * cellBytes);
        bytes[_filled..].Clear();
        for (var at = 0; at < _filled; at += _blockBytes)
        {
            var size = Math.Min(_blockBytes, _filled - at);
            _cells.AsSpan(At(at / _blockBytes, _stripesHeld), size).CopyTo(bytes[at..]);
        }

        for (var shard = 0; shard < _code.DataShards; shard++)
        {
            bytes.Slice(shard * cellBytes, cellBytes).CopyTo(_cells.AsSpan(At(shard, _stripesHeld)));
        }

        ArrayPool<byte>.Shared.Return(gathered);
    }

    private void EndStripe(int cellBytes)
    {
        var first = _stripesHeld * _cellBytes;
        _code.Encode(_cells.AsSpan(first, ((_code.TotalShards - 1) * _stride) + cellBytes), _stride, cellBytes);
        for (var shard = 0; shard < _code.TotalShards; shard++)
        {
            var cell = _cells.AsSpan(At(shard, _stripesHeld), cellBytes + StripeLayout.CheckBytes);
            CellCheck.Write(cell, _incarnation, shard, _stream, _stripes + _stripesHeld);
        }

        _stripesHeld++;
        _filled = 0;
    }

    private async ValueTask FlushAsync(int bytes, CancellationToken cancellationToken)
    {
        for (var shard = 0; shard < _code.TotalShards && bytes > 0; shard++)
        {
            await _write(shard, _cells.AsMemory(shard * _stride, bytes), cancellationToken);
        }

        _stripes += _stripesHeld;
        _stripesHeld = 0;
    }
}
