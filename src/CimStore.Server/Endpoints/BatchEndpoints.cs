using System.Collections.Immutable;
using System.IO.Pipelines;
using CimStore.Engine;
using CimStore.Http;
using CimStore.Locations;
using CimStore.Server.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;

namespace CimStore.Server.Endpoints;

/// <summary>
/// <c>/api/v1/batch</c>: many small contents in one request and one sync, framed as docs/http.md says.
/// </summary>
internal static class BatchEndpoints
{
    /// <summary>
    /// Content up to this size is proved before its frame begins, so that its frame can say that it is corrupt.
    /// </summary>
    private const int ProvedFirstSizeMaxBytes = 1024 * 1024;

    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapPost("/batch", StoreAsync)
            .WithName("StoreBatch").WithSummary("Stores many small contents with one sync; each has its own result.")
            .Accepts<Stream>(WireHeaders.BatchMediaType)
            .Produces<WireTypes.BatchReply>().WithProblems(400, 409, 413, 415, 422, 503, 507);
        api.MapPost("/batch/get", GetAsync)
            .WithName("GetBatch").WithSummary("Many contents in one framed answer, in the order asked for.")
            .Produces<Stream>(StatusCodes.Status200OK, WireHeaders.BatchMediaType).WithProblems(400, 413, 503)
            .WithMetadata(new QuestionMarker());
    }

    private static async Task<IResult> StoreAsync(
        [AsParameters] StoreParameters parameters, HttpContext context, IStorageClient node, ServerLimits limits,
        RequestGate gate)
    {
        if (context.Request.ContentType?.Split(';')[0].Trim() != WireHeaders.BatchMediaType)
        {
            throw ProblemWriter.Refuse("unsupported-media-type", $"A batch is {WireHeaders.BatchMediaType}.");
        }

        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } feature)
        {
            feature.MaxRequestBodySize = limits.BatchSizeMaxBytes;
        }

        var request = parameters.ToRequest(context.Request, null) with { LengthBytes = null };
        using var lease = await gate.EnterBatchAsync(context.RequestAborted);
        using var items = await BatchItems.ReadAsync(
            context.Request.BodyReader, limits.BatchSizeMaxBytes, context.RequestAborted);
        var results = await node.StoreManyAsync(items.Items, request, context.RequestAborted);
        return TypedResults.Ok(new WireTypes.BatchReply([.. results]));
    }

    private static async Task GetAsync(WireTypes.BatchGetRequest request, HttpContext context, IStorageClient node)
    {
        var cids = request.Cids.IsDefault ? ImmutableArray<Content.Cid>.Empty : request.Cids;
        if (cids.Length > HttpStorageClient.BatchItemsMax)
        {
            throw ProblemWriter.Refuse(
                "batch-too-large", $"At most {HttpStorageClient.BatchItemsMax} contents at once.");
        }

        var retrieve = RequestReader.Retrieve(context.Request);
        context.Response.ContentType = WireHeaders.BatchMediaType;
        foreach (var cid in cids)
        {
            await using var reader = await node.OpenAsync(cid, retrieve, context.RequestAborted);
            await WriteAsync(context.Response.BodyWriter, cid, reader, context.RequestAborted);
        }
    }

    private static async Task WriteAsync(
        PipeWriter writer, Content.Cid cid, IContentReader? reader, CancellationToken cancellationToken)
    {
        if (reader is null)
        {
            BatchFrames.WriteHead(writer, cid, BatchFrames.Absent, 0);
            await writer.FlushAsync(cancellationToken);
            return;
        }

        var size = reader.Record.SizeBytes;
        if (size > ProvedFirstSizeMaxBytes)
        {
            // Corruption found further on cuts the connection: the frame's length has been promised.
            BatchFrames.WriteHead(writer, cid, BatchFrames.Found, size);
            await reader.CopyToAsync(writer, 0, size, cancellationToken);
            await writer.FlushAsync(cancellationToken);
            return;
        }

        using var buffer = new MemoryStream((int)size);
        try
        {
            var pipe = PipeWriter.Create(buffer, new StreamPipeWriterOptions(leaveOpen: true));
            await reader.CopyToAsync(pipe, 0, size, cancellationToken);
            await pipe.CompleteAsync();
        }
        catch (IntegrityException)
        {
            BatchFrames.WriteHead(writer, cid, BatchFrames.Corrupt, 0);
            await writer.FlushAsync(cancellationToken);
            return;
        }

        BatchFrames.WriteHead(writer, cid, BatchFrames.Found, size);
        await writer.WriteAsync(buffer.GetBuffer().AsMemory(0, (int)buffer.Length), cancellationToken);
    }
}
