using System.Buffers;
using System.ComponentModel;
using System.IO.Pipelines;
using System.Text.Json;
using CimStore.Engine;
using CimStore.Http;
using CimStore.Server.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;

namespace CimStore.Server.Endpoints;

/// <summary><c>/api/v1/check</c> and <c>/fsck</c>: the store is looked at while it is served.</summary>
internal static class CheckEndpoints
{
    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapPost("/check", CheckAsync)
            .WithName("Check")
            .WithSummary("Looks at records, events, log, index and every copy while the node serves; one at a time.")
            .WithDescription(
                "Newline-delimited JSON, one CheckLine a line: progress about every second, a finding for each thing "
                + "looked at and each that is wrong, and last the result. Without a result line it was cut off. "
                + "It ends when the client goes away.")
            .Produces<WireTypes.CheckLine>(StatusCodes.Status200OK, WireHeaders.LinesMediaType)
            .WithProblems(400, 503).WithMetadata(new FeedMarker());
        api.MapPost("/fsck", FsckAsync)
            .WithName("Fsck")
            .WithSummary("Compares the catalog with every location but the log, both ways; one at a time.")
            .WithDescription(
                "Answers as the check does; the cursor of the last progress line is where a run that was cut goes on.")
            .Produces<WireTypes.CheckLine>(StatusCodes.Status200OK, WireHeaders.LinesMediaType)
            .WithProblems(400, 422, 503).WithMetadata(new FeedMarker());
    }

    private static Task CheckAsync(
        [Description("true leaves out the bytes of the content.")] bool? quick,
        HttpContext context, IStorageClient node, IHostApplicationLifetime lifetime) =>
        AnswerAsync(
            context, lifetime, token => node.CheckAsync(new CheckRequest { IsQuick = quick ?? false }, token));

    private static Task FsckAsync(
        [Description("true makes missing copies again, and releases what no record names and nothing needs.")]
        bool? repair,
        [FromQuery(Name = "release-unknown")]
        [Description("true releases copies of objects that the catalog never heard of, too.")] bool? releaseUnknown,
        [Description("The cursor of an earlier run.")] string? after,
        HttpContext context, IStorageClient node, IHostApplicationLifetime lifetime)
    {
        var request = new FsckRequest
        {
            IsMending = repair ?? false,
            ReleasesUnknown = releaseUnknown ?? false,
            After = after,
        };
        return AnswerAsync(
            context, lifetime, token => OperatorEndpoints.OperatorOf(node).FsckAsync(request, token));
    }

    private static async Task AnswerAsync(
        HttpContext context, IHostApplicationLifetime lifetime,
        Func<CancellationToken, IAsyncEnumerable<CheckStep>> look)
    {
        FeedWriter.RefuseWhenStopping(lifetime);

        // A stop of the node ends it at once: it may have hours to go.
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(
            context.RequestAborted, lifetime.ApplicationStopping);
        try
        {
            await TellAsync(context, look(ending.Token), ending.Token);
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            // Cut, not ended: what was found so far must not be taken for all of it.
            context.Abort();
        }
    }

    private static async Task TellAsync(
        HttpContext context, IAsyncEnumerable<CheckStep> found, CancellationToken cancellationToken)
    {
        await using var steps = found.GetAsyncEnumerator(cancellationToken);

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
            Progress = new WireTypes.CheckProgress(
                working.What, working.Items, working.SizeBytes, working.Cursor),
        },
        CheckStep.Found found => new WireTypes.CheckLine
        {
            Finding = new WireTypes.CheckFinding(
                found.What, found.IsWell, found.Detail, found.IsUnread ? true : null),
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
