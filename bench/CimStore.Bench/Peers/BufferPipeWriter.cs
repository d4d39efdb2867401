using System.IO.Pipelines;

namespace CimStore.Bench.Peers;

/// <summary>
/// Takes content into the caller's buffer, or (without one) throws it away: no pipe between store and caller.
/// </summary>
internal sealed class BufferPipeWriter : PipeWriter
{
    private const int ScratchSizeBytes = 1 << 20;

    private readonly bool _keeps;
    private Memory<byte> _buffer;
    private long _written;

    public BufferPipeWriter() => _buffer = new byte[ScratchSizeBytes];

    public BufferPipeWriter(Memory<byte> buffer) => (_buffer, _keeps) = (buffer, true);

    public long Written => _written;

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => 0;

    /// <summary>Begins anew with another buffer.</summary>
    public void Reset(Memory<byte> buffer) => (_buffer, _written) = (buffer, 0);

    public override void Advance(int bytes) => _written += bytes;

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        var free = _keeps ? _buffer[(int)_written..] : Grown(sizeHint);
        return free.Length >= sizeHint
            ? free
            : throw new InvalidOperationException("More content than the buffer holds.");
    }

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) =>
        ValueTask.FromResult(new FlushResult(isCanceled: false, isCompleted: false));

    public override void CancelPendingFlush()
    {
    }

    public override void Complete(Exception? exception = null)
    {
    }

    private Memory<byte> Grown(int sizeHint)
    {
        if (_buffer.Length < sizeHint)
        {
            _buffer = new byte[sizeHint];
        }

        return _buffer;
    }
}
