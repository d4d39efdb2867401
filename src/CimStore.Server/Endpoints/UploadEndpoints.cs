using System.Globalization;
using CimStore.Engine;
using CimStore.Http;
using CimStore.Locations;
using CimStore.Server.Http;
using CimStore.Server.Uploads;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace CimStore.Server.Endpoints;

/// <summary>
/// <c>/api/v1/uploads</c>: content in several requests, in the manner of draft-ietf-httpbis-resumable-upload (its
/// fields
/// Upload-Offset, Upload-Complete, Upload-Length and media type; not its 104 responses).
/// </summary>
internal static class UploadEndpoints
{
    private const string True = "?1";

    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapPost("/uploads", Create)
            .WithName("CreateUpload").WithSummary("Opens an upload; Location names it.")
            .Produces<WireTypes.UploadState>(StatusCodes.Status201Created).WithProblems(400, 422, 503, 507);
        api.MapMethods("/uploads/{id}", [HttpMethods.Get, HttpMethods.Head], State)
            .WithName("UploadState").WithSummary("Upload-Offset says where to go on.")
            .Produces<WireTypes.UploadState>().WithProblems(404, 502);
        api.MapPatch("/uploads/{id}", AppendAsync)
            .WithName("AppendUpload")
            .WithSummary("Adds the body at Upload-Offset; Upload-Complete: ?1 ends the content.")
            .Accepts<Stream>(WireHeaders.PartialUploadMediaType)
            .Produces<StoreResult>().Produces(StatusCodes.Status204NoContent)
            .WithProblems(400, 404, 409, 413, 415, 422, 502, 507);
        api.MapPut("/uploads/{id}/complete", CompleteAsync)
            .WithName("CompleteUpload").WithSummary("Ends the content; answers like a Store.")
            .Produces<StoreResult>(StatusCodes.Status201Created).Produces<StoreResult>()
            .WithProblems(404, 409, 422, 502, 507);
        api.MapDelete("/uploads/{id}", CancelAsync)
            .WithName("CancelUpload").WithSummary("Gives the upload up; nothing of it stays.")
            .Produces(StatusCodes.Status204NoContent).WithProblems(404);
    }

    private static Created<WireTypes.UploadState> Create(
        [AsParameters] StoreParameters parameters, HttpContext context, UploadRegistry uploads, ServerLimits limits)
    {
        var length = RequestReader.Size(context.Request, WireHeaders.UploadLength);
        if (length > limits.ContentSizeMaxBytes)
        {
            throw ProblemWriter.Refuse("body-too-large", $"Content has at most {limits.ContentSizeMaxBytes} bytes.");
        }

        if (context.Request.ContentLength > 0)
        {
            throw ProblemWriter.Refuse(
                "malformed-request", "An upload is opened without a body; add the bytes with PATCH.");
        }

        var upload = uploads.Open(parameters.ToRequest(context.Request, null) with { LengthBytes = length });
        var state = Describe(context, upload, uploads);
        return TypedResults.Created($"{Routes.Api}/uploads/{upload.Id}", state);
    }

    private static Ok<WireTypes.UploadState> State(string id, HttpContext context, UploadRegistry uploads) =>
        TypedResults.Ok(Describe(context, uploads.Find(id), uploads));

    private static async Task AppendAsync(
        string id, HttpContext context, UploadRegistry uploads, ServerLimits limits)
    {
        if (context.Request.ContentType?.Split(';')[0].Trim() != WireHeaders.PartialUploadMediaType)
        {
            throw ProblemWriter.Refuse("unsupported-media-type", $"A part is {WireHeaders.PartialUploadMediaType}.");
        }

        ContentEndpoints.AllowContentSize(context, limits);
        var upload = uploads.Find(id);
        var offset = RequestReader.Size(context.Request, WireHeaders.UploadOffset)
            ?? throw ProblemWriter.Refuse("malformed-request", $"{WireHeaders.UploadOffset} is needed.");
        try
        {
            await upload.AppendAsync(
                offset, context.Request.BodyReader, limits.ContentSizeMaxBytes, context.RequestAborted);
        }
        finally
        {
            upload.Touch();
            context.Response.Headers[WireHeaders.UploadOffset] = Routes.Number(upload.SettledOffset());
        }

        if (RequestReader.Header(context.Request, WireHeaders.UploadComplete) == True)
        {
            await FinishAsync(upload, context, uploads);
            return;
        }

        context.Response.StatusCode = StatusCodes.Status204NoContent;
        context.Response.Headers[WireHeaders.UploadComplete] = "?0";
    }

    private static Task CompleteAsync(string id, HttpContext context, UploadRegistry uploads) =>
        FinishAsync(uploads.Find(id), context, uploads);

    private static async Task<IResult> CancelAsync(string id, UploadRegistry uploads)
    {
        await uploads.CancelAsync(id);
        return TypedResults.NoContent();
    }

    private static async Task FinishAsync(Upload upload, HttpContext context, UploadRegistry uploads)
    {
        StoreResult result;
        try
        {
            result = await upload.CompleteAsync(context.RequestAborted);
        }
        catch (Exception refused) when (refused is RefusedException { Refusal.Code: not "upload-busy" }
            or IntegrityException)
        {
            // The upload can never succeed.
            await uploads.CloseAsync(upload.Id, "its content was refused");
            throw;
        }

        // Kept until it is idle for too long: a client whose connection broke here asks again and hears the result.
        context.Response.Headers[WireHeaders.UploadComplete] = True;
        await ContentEndpoints.AnswerAsync(context, result);
    }

    private static WireTypes.UploadState Describe(HttpContext context, Upload upload, UploadRegistry uploads)
    {
        var headers = context.Response.Headers;
        var offset = upload.SettledOffset();
        headers[WireHeaders.UploadOffset] = Routes.Number(offset);
        headers[WireHeaders.UploadComplete] = upload.IsComplete ? True : "?0";
        headers.CacheControl = "no-store";
        if (upload.LengthBytes is { } length)
        {
            headers[WireHeaders.UploadLength] = length.ToString(CultureInfo.InvariantCulture);
        }

        return new WireTypes.UploadState(upload.Id, offset, upload.LengthBytes, uploads.ExpiryOf(upload));
    }
}
