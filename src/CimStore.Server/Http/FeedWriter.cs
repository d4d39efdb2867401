using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using CimStore.Http;
using CimStore.Objects;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;

namespace CimStore.Server.Http;

/// <summary>
/// Writes a feed at the pace of its reader: the next event is taken when the previous one has left, so nothing queues
/// here. A reader that stops reading is cut off by the connection's minimum data rate, and resumes by its last LSN.
/// </summary>
internal sealed class FeedWriter(
    RequestGate gate, ServerLimits limits, TimeProvider time, IHostApplicationLifetime lifetime)
{
    private const int FlushSizeBytes = 32 * 1024;

    public async Task WriteAsync<T>(
        HttpContext context, Func<CancellationToken, IAsyncEnumerable<T>> open, Func<T, Lsn> id, Func<T, string> type,
        Func<T, ReadOnlyMemory<byte>> json)
    {
        using var lease = await gate.EnterFeedAsync(context.RequestAborted);

        // A stop of the node ends feeds at once: they would otherwise use up its whole grace.
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(
            context.RequestAborted, lifetime.ApplicationStopping);
        context.Response.ContentType = WireHeaders.EventStreamMediaType;
        context.Response.Headers.CacheControl = "no-store";
        var writer = context.Response.BodyWriter;
        await writer.FlushAsync(ending.Token);
        try
        {
            await PumpAsync(writer, open(ending.Token), id, type, json, ending.Token);
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            // Cut, not ended: a reader that asked for the present only must not take this for all of it.
            context.Abort();
        }
    }

    private async Task PumpAsync<T>(
        PipeWriter writer, IAsyncEnumerable<T> feed, Func<T, Lsn> id, Func<T, string> type,
        Func<T, ReadOnlyMemory<byte>> json, CancellationToken cancellationToken)
    {
        await using var items = feed.GetAsyncEnumerator(cancellationToken);
        while (true)
        {
            var next = items.MoveNextAsync();
            if (!next.IsCompleted || writer.UnflushedBytes > FlushSizeBytes)
            {
                await writer.FlushAsync(cancellationToken);
            }

            if (!(next.IsCompletedSuccessfully ? next.Result
                : await BeatUntilAsync(next.AsTask(), writer, cancellationToken)))
            {
                await writer.FlushAsync(cancellationToken);
                return;
            }

            Write(writer, id(items.Current), type(items.Current), json(items.Current).Span);
        }
    }

    /// <summary>A comment now and then shows both sides that the connection lives.</summary>
    private async Task<bool> BeatUntilAsync(Task<bool> next, PipeWriter writer, CancellationToken cancellationToken)
    {
        while (!next.IsCompleted)
        {
            using var quiet = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var beat = Task.Delay(limits.FeedHeartbeat, time, quiet.Token);
            if (await Task.WhenAny(next, beat) == beat && !next.IsCompleted
                && !cancellationToken.IsCancellationRequested)
            {
                writer.Write(": alive\n\n"u8);
                await writer.FlushAsync(cancellationToken);
            }

            await quiet.CancelAsync();
            if (cancellationToken.IsCancellationRequested)
            {
                break;
            }
        }

        return await next;
    }

    private static void Write(PipeWriter writer, Lsn id, string type, ReadOnlySpan<byte> json)
    {
        writer.Write(Encoding.UTF8.GetBytes(string.Create(
            CultureInfo.InvariantCulture, $"id: {id.Value}\nevent: {type}\ndata: ")));

        // Our JSON has no line breaks, so one data line holds it.
        writer.Write(json);
        writer.Write("\n\n"u8);
    }
}
