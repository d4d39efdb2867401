using System.Buffers;
using System.IO.Pipelines;
using System.Net.Http.Headers;
using CimStore.Engine;

namespace CimStore.Http;

public sealed partial class HttpStorageClient
{
    /// <summary>What one batch request may hold; a longer list is sent as several.</summary>
    public const int BatchSizeMaxBytes = 16 * 1024 * 1024;

    public const int BatchItemsMax = 4096;

    // Below this a refusal after the whole body was sent costs less than the extra round trip of a 100-continue.
    private const long ExpectContinueSizeMinBytes = 1024 * 1024;

    public async ValueTask<StoreResult> StoreAsync(
        PipeReader content, StoreRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(content);
        ArgumentNullException.ThrowIfNull(request);
        var query = Routes.StoreQuery(request);
        using var message = request.ExpectedCid is { } expected
            ? new HttpRequestMessage(HttpMethod.Put, Routes.Content(expected) + query)
            : new HttpRequestMessage(HttpMethod.Post, $"{Routes.Api}/content{query}");
        message.Content = new PipeContent(content);
        message.Headers.ExpectContinue = request.LengthBytes is null or >= ExpectContinueSizeMinBytes;

        // Chunked even when the length is known: HttpClient would call a short source a broken connection,
        // where the engine says that the length differs.
        Routes.AddHeader(message, WireHeaders.ContentSize, request.LengthBytes is { } n ? Routes.Number(n) : null);
        Routes.AddIdentity(message, request.Identity);
        try
        {
            return await _node.AskAsync(message, WireJson.Of<StoreResult>(), cancellationToken);
        }
        finally
        {
            await content.CompleteAsync();
        }
    }

    public async ValueTask<IReadOnlyList<StoreItemResult>> StoreManyAsync(
        IReadOnlyList<StoreItem> items, StoreRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(items);
        ArgumentNullException.ThrowIfNull(request);
        var results = new List<StoreItemResult>(items.Count);
        while (results.Count < items.Count)
        {
            var count = CountOfNext(items, results.Count);
            if (count < items.Count && request.Identity.MessageId is not null)
            {
                throw new RefusedException(new Refusal(
                    "batch-too-large",
                    $"With a message id a batch is one request: {BatchItemsMax} items, {BatchSizeMaxBytes} bytes."));
            }

            results.AddRange(await StoreBatchAsync(items, results.Count, count, request, cancellationToken));
        }

        return results;
    }

    private static int CountOfNext(IReadOnlyList<StoreItem> items, int first)
    {
        var size = 0L;
        var count = 0;
        while (first + count < items.Count && count < BatchItemsMax)
        {
            size += items[first + count].Content.Length + Content.Cid.ByteLengthMax + 10;
            if (size > BatchSizeMaxBytes && count > 0)
            {
                break;
            }

            count++;
        }

        return count;
    }

    private async ValueTask<IReadOnlyList<StoreItemResult>> StoreBatchAsync(
        IReadOnlyList<StoreItem> items, int first, int count, StoreRequest request, CancellationToken cancellationToken)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, $"{Routes.Api}/batch{Routes.StoreQuery(request)}");
        var pipe = new Pipe();
        message.Content = new PipeContent(pipe.Reader);
        message.Content.Headers.ContentType = new MediaTypeHeaderValue(WireHeaders.BatchMediaType);
        Routes.AddIdentity(message, request.Identity);

        var writing = WriteItemsAsync(pipe.Writer, items, first, count, cancellationToken);
        try
        {
            return (await _node.AskAsync(message, WireJson.Of<WireTypes.BatchReply>(), cancellationToken)).Items;
        }
        finally
        {
            // An early refusal leaves the writer waiting for a reader that is gone.
            await pipe.Reader.CompleteAsync();
            await writing;
        }
    }

    private static async Task WriteItemsAsync(
        PipeWriter writer, IReadOnlyList<StoreItem> items, int first, int count, CancellationToken cancellationToken)
    {
        try
        {
            for (var index = first; index < first + count; index++)
            {
                var item = items[index];
                BatchFrames.WriteHead(writer, item.ExpectedCid, status: null, item.Content.Length);
                foreach (var segment in item.Content)
                {
                    writer.Write(segment.Span);
                }

                if ((await writer.FlushAsync(cancellationToken)).IsCompleted)
                {
                    break;
                }
            }

            await writer.CompleteAsync();
        }
        catch (OperationCanceledException cancelled)
        {
            await writer.CompleteAsync(cancelled);
        }
    }
}
