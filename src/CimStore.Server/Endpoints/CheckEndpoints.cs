using System.Buffers;
using System.ComponentModel;
using System.IO.Pipelines;
using System.Text.Json;
using CimStore.Engine;
using CimStore.Http;
using CimStore.Server.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;

namespace CimStore.Server.Endpoints;

/// <summary><c>/api/v1/check</c>: the whole store is looked at while it is served.</summary>
internal static class CheckEndpoints
{
    public static void Map(IEndpointRouteBuilder api) =>
        api.MapPost("/check", CheckAsync)
            .WithName("Check")
            .WithSummary("Looks at records, events, log, index and every copy while the node serves; one at a time.")
            .WithDescription(
                "Newline-delimited JSON, one CheckLine a line: progress about every second, a finding for each thing "
                + "looked at and each that is wrong, and last the result. Without a result line it was cut off. "
                + "It ends when the client goes away.")
            .Produces<WireTypes.CheckLine>(StatusCodes.Status200OK, WireHeaders.LinesMediaType)
            .WithProblems(400, 503).WithMetadata(new FeedMarker());

    private static async Task CheckAsync(
        [Description("true leaves out the bytes of the content.")] bool? quick,
        HttpContext context, IStorageClient node, IHostApplicationLifetime lifetime)
    {
        FeedWriter.RefuseWhenStopping(lifetime);

        // A stop of the node ends it at once: it may have hours to go.
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(
            context.RequestAborted, lifetime.ApplicationStopping);
        try
        {
            await TellAsync(context, node, new CheckRequest { IsQuick = quick ?? false }, ending.Token);
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            // Cut, not ended: what was found so far must not be taken for all of it.
            context.Abort();
        }
    }

    private static async Task TellAsync(
        HttpContext context, IStorageClient node, CheckRequest request, CancellationToken cancellationToken)
    {
        await using var steps = node.CheckAsync(request, cancellationToken).GetAsyncEnumerator(cancellationToken);

        // A refusal comes with the first step, before anything is answered.
        var isMore = await steps.MoveNextAsync();
        context.Response.ContentType = WireHeaders.LinesMediaType;
        context.Response.Headers.CacheControl = "no-store";
        var writer = context.Response.BodyWriter;
        var isWell = true;
        while (isMore)
        {
            isWell &= steps.Current is not CheckStep.Found { IsWell: false };
            await WriteAsync(writer, LineOf(steps.Current), cancellationToken);
            try
            {
                isMore = await steps.MoveNextAsync();
            }
            catch (Exception failure) when (ProblemTable.Describe(failure) is { } problem)
            {
                await WriteAsync(writer, new WireTypes.CheckLine { Problem = problem }, cancellationToken);
                return;
            }
        }

        var result = new WireTypes.CheckResult(isWell);
        await WriteAsync(writer, new WireTypes.CheckLine { Result = result }, cancellationToken);
    }

    private static WireTypes.CheckLine LineOf(CheckStep step) => step switch
    {
        CheckStep.Working working => new WireTypes.CheckLine
        {
            Progress = new WireTypes.CheckProgress(working.What, working.Items, working.SizeBytes),
        },
        CheckStep.Found found => new WireTypes.CheckLine
        {
            Finding = new WireTypes.CheckFinding(found.What, found.IsWell, found.Detail),
        },
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static async ValueTask WriteAsync(
        PipeWriter writer, WireTypes.CheckLine line, CancellationToken cancellationToken)
    {
        writer.Write(JsonSerializer.SerializeToUtf8Bytes(line, WireJson.Of<WireTypes.CheckLine>()));
        writer.Write("\n"u8);
        await writer.FlushAsync(cancellationToken);
    }
}
