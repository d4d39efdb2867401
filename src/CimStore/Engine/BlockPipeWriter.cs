using System.IO.Pipelines;

namespace CimStore.Engine;

/// <summary>Takes content straight into a caller's block: what is proved there has arrived.</summary>
internal sealed class BlockPipeWriter(Memory<byte> block) : PipeWriter
{
    public int Written { get; private set; }

    /// <returns>Bytes read; null when there was no reader.</returns>
    public static async ValueTask<int?> ReadAsync(
        IContentReader? opened, long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        await using var reader = opened;
        if (reader is null)
        {
            return null;
        }

        var block = new BlockPipeWriter(destination);
        await reader.CopyToAsync(block, offset, destination.Length, cancellationToken);
        return block.Written;
    }

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => 0;

    public override void Advance(int bytes) => Written += bytes;

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        var free = block[Written..];
        return free.Length >= sizeHint
            ? free
            : throw new InvalidOperationException("More content than was asked for.");
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
}
