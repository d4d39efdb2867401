using System.Globalization;
using System.Text.Json;
using CimStore.Engine;
using CimStore.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace CimStore.Server.Http;

/// <summary>
/// Turns whatever a request ends with into a problem document, or, once bytes have left, into a cut connection: a
/// client
/// must never take a failure for the end of the content.
/// </summary>
internal static class ProblemWriter
{
    public static async Task GuardAsync(HttpContext context, RequestDelegate next, ILogger log)
    {
        try
        {
            await next(context);
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client is gone; nobody reads an answer.
            return;
        }
        catch (Exception failure)
        {
            await AnswerAsync(context, Describe(failure, log), log);
            return;
        }

        // Routing refuses with a bare status (no such route, method, media type).
        if (context.Response is { HasStarted: false, StatusCode: >= 400, ContentLength: null, ContentType: null })
        {
            await WriteAsync(context, DescribeBare(context));
        }
    }

    public static async Task WriteAsync(HttpContext context, Problem problem)
    {
        var response = context.Response;
        response.StatusCode = problem.Status;
        response.ContentType = Problem.MediaType;
        response.Headers.CacheControl = "no-store";
        if (ProblemTable.FormOf(problem.Code).RetryAfterSeconds is { } seconds)
        {
            response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }

        if (problem.Status == StatusCodes.Status401Unauthorized)
        {
            response.Headers.WWWAuthenticate = "Bearer";
        }

        var body = JsonSerializer.SerializeToUtf8Bytes(problem, WireJson.Of<Problem>());
        response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await response.Body.WriteAsync(body, context.RequestAborted);
        }
    }

    public static RefusedException Refuse(string code, string detail) => new(new Refusal(code, detail));

    private static async Task AnswerAsync(HttpContext context, Problem problem, ILogger log)
    {
        var response = context.Response;
        if (response.HasStarted || HasPendingBytes(response))
        {
            Log.AnswerCut(log, context.Request.Path, problem.Detail);
            context.Abort();
            return;
        }

        var offset = response.Headers[WireHeaders.UploadOffset];
        response.Clear();
        response.Headers[WireHeaders.UploadOffset] = offset;
        await WriteAsync(context, problem);
    }

    /// <summary>Bytes handed to the response but not yet sent would stand in front of the problem document.</summary>
    private static bool HasPendingBytes(HttpResponse response) =>
        response.BodyWriter is { CanGetUnflushedBytes: true, UnflushedBytes: > 0 };

    private static Problem Describe(Exception failure, ILogger log)
    {
        if (ProblemTable.Describe(failure) is { } known)
        {
            return known;
        }

        if (failure is BadHttpRequestException bad)
        {
            // What is wrong with the JSON is said by the inner one; the outer names a parameter of a method.
            return ProblemTable.Describe(
                CodeOf(bad), bad.InnerException is JsonException inner ? inner.Message : bad.Message);
        }

        if (failure is JsonException json)
        {
            return ProblemTable.Describe("malformed-body", json.Message);
        }

        Log.Bug(log, failure);
        return ProblemTable.Describe(
            "internal", "The node failed in a way it did not expect; its log has the details.");
    }

    private static string CodeOf(BadHttpRequestException bad) => bad.StatusCode switch
    {
        StatusCodes.Status408RequestTimeout => "request-too-slow",
        StatusCodes.Status413PayloadTooLarge => "body-too-large",
        StatusCodes.Status415UnsupportedMediaType => "unsupported-media-type",
        StatusCodes.Status431RequestHeaderFieldsTooLarge => "headers-too-large",
        _ when bad.Message.Contains("Unexpected end", StringComparison.Ordinal) => "truncated-body",
        _ when bad.InnerException is JsonException => "malformed-body",
        _ => "malformed-request",
    };

    private static Problem DescribeBare(HttpContext context)
    {
        var code = context.Response.StatusCode switch
        {
            404 => "no-such-route",
            405 => "method-not-allowed",
            413 => "body-too-large",
            415 => "unsupported-media-type",
            _ => "malformed-request",
        };
        var (method, path) = (context.Request.Method, context.Request.Path);
        var detail = code switch
        {
            "no-such-route" => $"{method} {path} is not in this API",
            "method-not-allowed" => $"{path} does not know {method}",
            "body-too-large" => $"The body is larger than {method} {path} takes",
            "unsupported-media-type" => $"{method} {path} takes a body of another media type",
            _ => $"A parameter of {method} {path}, or its body, cannot be read",
        };
        return ProblemTable.Describe(code, $"{detail}; see /openapi/v1.json.");
    }
}
