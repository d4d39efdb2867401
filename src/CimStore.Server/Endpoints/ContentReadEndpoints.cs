using System.Globalization;
using CimStore.Content;
using CimStore.Engine;
using CimStore.Server.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CimStore.Server.Endpoints;

/// <summary>
/// <c>GET</c> and <c>HEAD /api/v1/content/{cid}</c>: proved bytes out, with HTTP's ranges and conditions.
/// </summary>
internal static class ContentReadEndpoints
{
    public static void Map(IEndpointRouteBuilder api) =>
        api.MapMethods("/content/{cid}", [HttpMethods.Get, HttpMethods.Head], GetAsync)
            .WithName("GetContent").WithSummary("The content, verified while it flows; one range, conditions.")
            .Produces<Stream>(StatusCodes.Status200OK, "application/octet-stream")
            .Produces<Stream>(StatusCodes.Status206PartialContent, "application/octet-stream")
            .Produces(StatusCodes.Status304NotModified)
            .WithProblems(400, 404, 412, 416, 502, 503);

    private static async Task GetAsync(string cid, HttpContext context, IStorageClient node, CachePolicy cache)
    {
        var request = context.Request;
        var response = context.Response;
        await using var reader =
            await node.OpenAsync(RequestReader.Cid(cid), RequestReader.Retrieve(request), context.RequestAborted)
            ?? throw ProblemWriter.Refuse("not-found-here", $"{cid} is not on this node.");

        var size = reader.Record.SizeBytes;
        var tag = $"\"{reader.Record.Key.Cid}\"";
        response.Headers.ETag = tag;
        response.Headers.CacheControl = cache.Content;
        response.Headers.AcceptRanges = "bytes";
        switch (Conditions.Evaluate(request, tag))
        {
            case StatusCodes.Status304NotModified:
                response.StatusCode = StatusCodes.Status304NotModified;
                return;
            case StatusCodes.Status412PreconditionFailed:
                throw ProblemWriter.Refuse("precondition-failed", $"If-Match names other content than {tag}.");
        }

        var range = HttpMethods.IsGet(request.Method) ? ByteRange.Read(request, tag, size) : ByteRange.Whole(size);
        if (range is not { } part)
        {
            await RefuseRangeAsync(context, size);
            return;
        }

        response.StatusCode = part.IsPart ? StatusCodes.Status206PartialContent : StatusCodes.Status200OK;
        response.ContentType = MediaType(reader.Record.Key.Cid.Codec);
        response.Headers.XContentTypeOptions = "nosniff";
        response.ContentLength = part.LengthBytes;
        if (part.IsPart)
        {
            response.Headers.ContentRange = string.Create(
                CultureInfo.InvariantCulture, $"bytes {part.Offset}-{part.Offset + part.LengthBytes - 1}/{size}");
        }

        // The headers leave with the first proved bytes: until then a failure can still be answered as one.
        if (HttpMethods.IsGet(request.Method) && part.LengthBytes > 0)
        {
            await reader.CopyToAsync(response.BodyWriter, part.Offset, part.LengthBytes, context.RequestAborted);
        }
    }

    private static async Task RefuseRangeAsync(HttpContext context, long size)
    {
        context.Response.Headers.CacheControl = default;
        context.Response.Headers.ContentRange = string.Create(CultureInfo.InvariantCulture, $"bytes */{size}");
        await ProblemWriter.WriteAsync(context, CimStore.Http.ProblemTable.Describe(
            "range-not-satisfiable", $"The content has {size} bytes."));
    }

    private static string MediaType(ulong codec) => codec switch
    {
        Codecs.DagCbor => "application/vnd.ipld.dag-cbor",
        Codecs.DagJson => "application/vnd.ipld.dag-json",
        Codecs.Car => "application/vnd.ipld.car",
        _ => "application/octet-stream",
    };
}
