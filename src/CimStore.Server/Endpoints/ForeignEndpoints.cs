using System.Buffers;
using System.ComponentModel;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using CimStore.Engine;
using CimStore.Http;
using CimStore.Objects;
using CimStore.Server.Foreign;
using CimStore.Server.Http;
using CimStore.Translation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;

namespace CimStore.Server.Endpoints;

/// <summary><c>/api/v1/foreign</c>: events of other contexts in; our events in their words out.</summary>
internal static class ForeignEndpoints
{
    private const int SubjectSegment = 3;

    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapPost("/foreign/{subject}", PostAsync)
            .WithName("ReceiveForeignEvent")
            .WithSummary("Translates another context's event and does what it asks for; 202 keeps it as a dead letter.")
            .Accepts<JsonObject>("application/json", "*/*")
            .Produces<WireTypes.ForeignAcknowledgement>()
            .Produces<WireTypes.ForeignAcknowledgement>(StatusCodes.Status202Accepted)
            .WithProblems(400, 413, 422, 502, 503, 507);
        api.MapGet("/foreign-events", EventsAsync)
            .WithName("ForeignEvents")
            .WithSummary("Our events through the templates; the type of each is its subject, Last-Event-ID resumes.")
            .Produces<JsonObject>(StatusCodes.Status200OK, WireHeaders.EventStreamMediaType)
            .WithProblems(400, 503).WithMetadata(new FeedMarker());
    }

    private static async Task<IResult> PostAsync(
        string subject, HttpContext context, ForeignIngress ingress, ServerLimits limits)
    {
        _ = subject;
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } feature)
        {
            feature.MaxRequestBodySize = limits.ForeignEventSizeMaxBytes;
        }

        var reader = context.Request.BodyReader;
        var body = await ReadAllAsync(reader, context.RequestAborted);
        try
        {
            var answer = await ingress.ReceiveAsync(
                RequestReader.Segment(context, SubjectSegment), body, RequestReader.Identity(context.Request).Actor,
                context.RequestAborted);
            return answer.DeadLetter is null
                ? TypedResults.Ok(answer)
                : TypedResults.Json(
                    answer, WireJson.Of<WireTypes.ForeignAcknowledgement>(),
                    statusCode: StatusCodes.Status202Accepted);
        }
        finally
        {
            // Also after a refusal: the next request on the connection begins behind this body.
            reader.AdvanceTo(body.End);
        }
    }

    /// <summary>The server bounds the body; all of it stays in the reader's memory until it is advanced.</summary>
    private static async ValueTask<ReadOnlySequence<byte>> ReadAllAsync(
        PipeReader reader, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await reader.ReadAsync(cancellationToken);
            if (read.IsCompleted)
            {
                return read.Buffer;
            }

            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    private static async Task EventsAsync(
        [Description("Events after this LSN; Last-Event-ID wins.")] string? after,
        [Description("false ends at the present instead of waiting for more.")] bool? follow,
        HttpContext context, IStorageClient node, ForeignIngress ingress, FeedWriter feed)
    {
        var start = FeedEndpoints.Resume(context) ?? RequestReader.LsnOf(after, "after");
        await feed.WriteAsync(
            context,
            cancellationToken => TranslateAsync(node, ingress.Templates, start, follow ?? true, cancellationToken),
            told => told.Lsn,
            told => told.Event.Subject,
            told => told.Event.Utf8);
    }

    private static async IAsyncEnumerable<(Lsn Lsn, ForeignEvent Event)> TranslateAsync(
        IStorageClient node, EventTemplates templates, Lsn after, bool follow,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var entry in node.EventsAsync(after, follow, cancellationToken))
        {
            if (templates.Translate(entry) is { } told)
            {
                yield return (entry.Lsn, told);
            }
        }
    }
}
