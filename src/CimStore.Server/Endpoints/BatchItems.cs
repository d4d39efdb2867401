using System.Buffers;
using System.IO.Pipelines;
using CimStore.Engine;
using CimStore.Http;
using CimStore.Server.Http;

namespace CimStore.Server.Endpoints;

/// <summary>The items of one batch, in rented memory until they are stored.</summary>
internal sealed class BatchItems : IDisposable
{
    private readonly List<byte[]> _rented = [];
    private readonly List<StoreItem> _items = [];

    private BatchItems()
    {
    }

    public IReadOnlyList<StoreItem> Items => _items;

    public static async ValueTask<BatchItems> ReadAsync(
        PipeReader body, int sizeMaxBytes, CancellationToken cancellationToken)
    {
        var batch = new BatchItems();
        try
        {
            var left = (long)sizeMaxBytes;
            while (await batch.ReadHeadAsync(body, cancellationToken) is { } head)
            {
                left -= head.LengthBytes;
                if (left < 0 || batch._items.Count == HttpStorageClient.BatchItemsMax)
                {
                    throw ProblemWriter.Refuse(
                        "batch-too-large",
                        $"A batch has at most {HttpStorageClient.BatchItemsMax} items and {sizeMaxBytes} bytes.");
                }

                await batch.ReadContentAsync(body, head, cancellationToken);
            }

            return batch;
        }
        catch
        {
            batch.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        foreach (var rented in _rented)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }

        _rented.Clear();
        _items.Clear();
    }

    private async ValueTask<BatchHead?> ReadHeadAsync(PipeReader body, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await body.ReadAsync(cancellationToken);
            if (TryReadHead(body, read.Buffer, out var head))
            {
                return head;
            }

            if (read.IsCompleted)
            {
                return read.Buffer.IsEmpty ? null : throw Truncated();
            }
        }
    }

    private bool TryReadHead(PipeReader body, ReadOnlySequence<byte> buffer, out BatchHead head)
    {
        var reader = new SequenceReader<byte>(buffer);
        try
        {
            if (BatchFrames.TryReadHead(ref reader, withStatus: false, out head))
            {
                body.AdvanceTo(reader.Position);
                return true;
            }

            body.AdvanceTo(buffer.Start, buffer.End);
            return false;
        }
        catch (Exception broken) when (broken is FormatException or OverflowException)
        {
            throw ProblemWriter.Refuse("malformed-body", $"Item {_items.Count} of the batch: {broken.Message}");
        }
    }

    private async ValueTask ReadContentAsync(PipeReader body, BatchHead head, CancellationToken cancellationToken)
    {
        var rented = ArrayPool<byte>.Shared.Rent(Math.Max(1, (int)head.LengthBytes));
        _rented.Add(rented);
        var content = rented.AsMemory(0, (int)head.LengthBytes);
        for (var filled = 0; filled < content.Length;)
        {
            var read = await body.ReadAsync(cancellationToken);
            var part = read.Buffer.Slice(0, Math.Min(read.Buffer.Length, content.Length - filled));
            part.CopyTo(content.Span[filled..]);
            filled += (int)part.Length;
            body.AdvanceTo(part.End);
            if (filled < content.Length && read.IsCompleted)
            {
                throw Truncated();
            }
        }

        _items.Add(new StoreItem(new ReadOnlySequence<byte>(content), head.Cid));
    }

    private RefusedException Truncated() =>
        ProblemWriter.Refuse("truncated-body", $"The batch ends inside item {_items.Count}; nothing was stored.");
}
