using System.ComponentModel;
using System.Globalization;
using CimStore.Content;
using CimStore.Engine;
using CimStore.Http;
using CimStore.Server.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace CimStore.Server.Endpoints;

/// <summary><c>/api/v1/content</c>: bytes in. Reading is in <see cref="ContentReadEndpoints"/>.</summary>
internal static class ContentEndpoints
{
    // Routing refuses other types than those listed; content may come under any name.
    private const string AnyMediaType = "*/*";

    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapPost("/content", PostAsync)
            .WithName("StoreContent").WithSummary("Stores the body; its CID is computed.")
            .Accepts<Stream>(true, "application/octet-stream", AnyMediaType)
            .Produces<StoreResult>(StatusCodes.Status201Created).Produces<StoreResult>(StatusCodes.Status200OK)
            .WithProblems(400, 409, 413, 422, 503, 507);
        api.MapPut("/content/{cid}", PutAsync)
            .WithName("StoreExpectedContent").WithSummary("Stores the body when its CID is the one in the path.")
            .Accepts<Stream>(true, "application/octet-stream", AnyMediaType)
            .Produces<StoreResult>(StatusCodes.Status201Created).Produces<StoreResult>(StatusCodes.Status200OK)
            .WithProblems(400, 409, 413, 422, 503, 507);
        api.MapDelete("/content/{cid}", DeleteAsync)
            .WithName("DeleteContent")
            .WithSummary("Removes a reference; the content goes after its grace when none is left.")
            .Produces<DeleteResult>().WithProblems(400, 423);
    }

    /// <summary>Content may be as large as the options say, where other bodies may not.</summary>
    public static void AllowContentSize(HttpContext context, ServerLimits limits)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } feature)
        {
            feature.MaxRequestBodySize = limits.ContentSizeMaxBytes;
        }
    }

    public static async Task AnswerAsync(HttpContext context, StoreResult result)
    {
        var response = context.Response;
        response.Headers.Location = Routes.Content(result.Cid);
        response.Headers.ETag = $"\"{result.Cid}\"";
        response.StatusCode = result.Deduplicated || result.Replayed
            ? StatusCodes.Status200OK
            : StatusCodes.Status201Created;
        await response.WriteAsJsonAsync(result, WireJson.Of<StoreResult>(), cancellationToken: context.RequestAborted);
    }

    private static Task PostAsync(
        [AsParameters] StoreParameters parameters, HttpContext context, IStorageClient node, ServerLimits limits) =>
        StoreAsync(parameters, null, context, node, limits);

    private static Task PutAsync(
        string cid, [AsParameters] StoreParameters parameters, HttpContext context, IStorageClient node,
        ServerLimits limits) =>
        StoreAsync(parameters, RequestReader.Cid(cid), context, node, limits);

    private static async Task StoreAsync(
        StoreParameters parameters, Cid? expected, HttpContext context, IStorageClient node, ServerLimits limits)
    {
        AllowContentSize(context, limits);
        var request = parameters.ToRequest(context.Request, expected);
        if (request.LengthBytes > limits.ContentSizeMaxBytes)
        {
            throw ProblemWriter.Refuse(
                "body-too-large",
                $"{request.LengthBytes} bytes are more than the limit of {limits.ContentSizeMaxBytes}.");
        }

        var body = new BorrowedReader(context.Request.BodyReader);
        var result = await node.StoreAsync(body, request, context.RequestAborted);
        await AnswerAsync(context, result);
    }

    private static async Task<IResult> DeleteAsync(
        string cid, string? owner, [FromQuery(Name = "namespace")] string? space, string? name,
        [Description("How long the bytes stay: seconds, or d.hh:mm:ss.")] string? grace,
        HttpContext context, IStorageClient node)
    {
        var request = new DeleteRequest(
            RequestReader.Reference(owner, space, name), ReadGrace(grace), RequestReader.Identity(context.Request));
        return TypedResults.Ok(await node.DeleteAsync(RequestReader.Cid(cid), request, context.RequestAborted));
    }

    private static TimeSpan? ReadGrace(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        if (uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
        {
            return TimeSpan.FromSeconds(seconds);
        }

        return TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var grace) && grace >= TimeSpan.Zero
            ? grace
            : throw RequestReader.Malformed("grace", text, "seconds or d.hh:mm:ss");
    }
}
