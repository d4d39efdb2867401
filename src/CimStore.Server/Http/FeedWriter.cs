using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using CimStore.Http;
using CimStore.Locations;
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
        RefuseWhenStopping(lifetime);

        // A stop of the node ends feeds at once: they would otherwise use up its whole grace.
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(
            context.RequestAborted, lifetime.ApplicationStopping);
        context.Response.ContentType = WireHeaders.EventStreamMediaType;
        context.Response.Headers.CacheControl = "no-store";
        var writer = context.Response.BodyWriter;
        try
        {
            await writer.FlushAsync(ending.Token);
            await PumpAsync(writer, open(ending.Token), id, type, json, ending);
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            // Cut, not ended: a reader that asked for the present only must not take this for all of it.
            context.Abort();
        }
    }

    /// <summary>
    /// While it drains, a node takes requests but no new feeds, which would be cut before they began.
    /// </summary>
    public static void RefuseWhenStopping(IHostApplicationLifetime lifetime)
    {
        if (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            throw new LocationException(LocationFault.Offline, "The node is stopping; ask again when it is back.");
        }
    }

    private async Task PumpAsync<T>(
        PipeWriter writer, IAsyncEnumerable<T> feed, Func<T, Lsn> id, Func<T, string> type,
        Func<T, ReadOnlyMemory<byte>> json, CancellationTokenSource ending)
    {
        var cancellationToken = ending.Token;
        await using var items = feed.GetAsyncEnumerator(cancellationToken);
        while (true)
        {
            var next = items.MoveNextAsync();
            if (next.IsCompleted && writer.UnflushedBytes > FlushSizeBytes)
            {
                await writer.FlushAsync(cancellationToken);
            }

            if (!(next.IsCompletedSuccessfully ? next.Result : await FlushUntilAsync(next.AsTask(), writer, ending)))
            {
                await writer.FlushAsync(cancellationToken);
                return;
            }

            Write(writer, id(items.Current), type(items.Current), json(items.Current).Span);
        }
    }

    private async Task<bool> FlushUntilAsync(Task<bool> next, PipeWriter writer, CancellationTokenSource ending)
    {
        try
        {
            await writer.FlushAsync(ending.Token);
            return await BeatUntilAsync(next, writer, ending.Token);
        }
        catch
        {
            // A feed must not be disposed of while it looks for its next item: that throws in the place of what
            // happened here, and leaves open what the feed holds.
            await ending.CancelAsync();
            await next.ContinueWith(
                static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default);
            throw;
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
