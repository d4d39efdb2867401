using System.ComponentModel;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using CimStore.Engine;
using CimStore.Http;
using CimStore.Journal;
using CimStore.Objects;
using CimStore.Server.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CimStore.Server.Endpoints;

/// <summary>Server-sent events: the journal's, and the changes of one name. The id of an event is its LSN.</summary>
internal static class FeedEndpoints
{
    /// <summary>What a resuming watcher is told of the past; beyond it, the oldest are left to the history.</summary>
    private const int MissedMax = 10_000;

    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/events", EventsAsync)
            .WithName("Events").WithSummary("Events of the journal in order; Last-Event-ID resumes after that LSN.")
            .WithDescription("Each event's data is the envelope that docs/schemas/event.json describes.")
            .Produces<JsonObject>(StatusCodes.Status200OK, WireHeaders.EventStreamMediaType)
            .WithProblems(400, 503).WithMetadata(new FeedMarker());
        api.MapGet("/names/{namespace}/{name}/watch", WatchAsync)
            .WithName("WatchName")
            .WithSummary("The state of the name, then each change; Last-Event-ID resumes without a gap.")
            .Produces<NameRecord>(StatusCodes.Status200OK, WireHeaders.EventStreamMediaType)
            .WithProblems(400, 503).WithMetadata(new FeedMarker());
    }

    private static async Task EventsAsync(
        [Description("Events after this LSN; Last-Event-ID wins.")] string? after,
        [Description("false ends at the present instead of waiting for more.")] bool? follow,
        HttpContext context, IStorageClient node, FeedWriter feed)
    {
        var start = Resume(context) ?? RequestReader.LsnOf(after, "after");
        await feed.WriteAsync(
            context,
            cancellationToken => node.EventsAsync(start, follow ?? true, cancellationToken),
            entry => entry.Lsn,
            entry => EventTypes.Name(entry.Event),
            entry => EventEnvelope.Write(entry));
    }

    private static async Task WatchAsync(
        string @namespace, string name, string? owner, HttpContext context, IStorageClient node, FeedWriter feed)
    {
        _ = (@namespace, name);
        var (space, text) = NameEndpoints.ReadName(context, owner);
        var seen = Resume(context) ?? Lsn.None;
        await feed.WriteAsync(
            context,
            cancellationToken => WatchAfterAsync(node, space, text, seen, cancellationToken),
            record => record.Revision,
            record => record.Cid is null ? "deleted" : "set",
            record => JsonSerializer.SerializeToUtf8Bytes(record, WireJson.Of<NameRecord>()));
    }

    /// <summary>A watch begins with the present; who resumes also gets what happened while it was away.</summary>
    private static async IAsyncEnumerable<NameRecord> WatchAfterAsync(
        IStorageClient node, OwnedSpace space, string name, Lsn seen,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var record in node.WatchNameAsync(space, name, cancellationToken))
        {
            if (record.Revision <= seen)
            {
                continue;
            }

            // The first state seen here is the newest: what lies between is in the history, newest first.
            var missed = new Stack<NameRecord>();
            if (seen != Lsn.None && record.Previous > seen)
            {
                await foreach (var older in node.NameHistoryAsync(space, name, cancellationToken))
                {
                    if (older.Revision <= seen || missed.Count == MissedMax)
                    {
                        break;
                    }

                    if (older.Revision < record.Revision)
                    {
                        missed.Push(older);
                    }
                }
            }

            while (missed.TryPop(out var older))
            {
                yield return older;
            }

            seen = record.Revision;
            yield return record;
        }
    }

    internal static Lsn? Resume(HttpContext context) =>
        RequestReader.Header(context.Request, WireHeaders.LastEventId) is { Length: > 0 } id
            ? RequestReader.LsnOf(id, WireHeaders.LastEventId)
            : null;
}
