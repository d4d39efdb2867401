using System.Collections.Immutable;
using System.ComponentModel;
using CimStore.Engine;
using CimStore.Http;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Server.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace CimStore.Server.Endpoints;

/// <summary><c>/api/v1/objects</c>: what the catalog knows.</summary>
internal static class ObjectEndpoints
{
    private const int PageSizeMax = 1000;

    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/objects", ListAsync)
            .WithName("ListObjects").WithSummary("Objects in ascending order of the CID's text, a page at a time.")
            .Produces<WireTypes.ObjectPage>().WithProblems(400);
        api.MapGet("/objects/{cid}", StatAsync)
            .WithName("StatObject").WithSummary("The object's record, tombstones included.")
            .Produces<ObjectRecord>().WithProblems(400, 404);
        api.MapGet("/objects/{cid}/explain", ExplainAsync)
            .WithName("ExplainObject").WithSummary("Why the object is where it is.")
            .Produces<Explanation>().WithProblems(400, 404);
        api.MapPost("/objects/{cid}/verify", VerifyAsync)
            .WithName("VerifyObject").WithSummary("Reads every copy from its medium and proves it.")
            .Produces<VerifyResult>().WithProblems(400, 404).WithMetadata(new QuestionMarker());
        api.MapPost("/objects/{cid}/replicate", ReplicateAsync)
            .WithName("ReplicateObject").WithSummary("Has so many effective copies, never fewer than the class needs.")
            .Produces<CopiesResult>().WithProblems(400, 404, 409, 422, 503);
        api.MapPost("/objects/{cid}/migrate", MigrateAsync)
            .WithName("MigrateObject").WithSummary("Moves the object to a tier; the policy may move it again.")
            .Produces<CopiesResult>().WithProblems(400, 404, 409, 422, 503);
    }

    private static async Task<IResult> ReplicateAsync(
        string cid, [Description("Effective copies: the failure domains it takes to lose it.")] int factor,
        [FromQuery(Name = "at-least"), Description("true gives none up when there are more.")] bool? isAtLeast,
        HttpContext context, IStorageClient node)
    {
        var request = new ReplicateRequest(factor, RequestReader.Identity(context.Request))
        {
            IsAtLeast = isAtLeast ?? false,
        };
        return TypedResults.Ok(await node.ReplicateAsync(RequestReader.Cid(cid), request, context.RequestAborted));
    }

    private static async Task<IResult> MigrateAsync(
        string cid, [Description("hot, warm, cold or archive.")] string tier, HttpContext context, IStorageClient node)
    {
        var wanted = RequestReader.Choice<StorageTier>(tier, "tier")
            ?? throw RequestReader.Malformed("tier", tier, "hot, warm, cold or archive");
        var request = new MigrateRequest(wanted, RequestReader.Identity(context.Request));
        return TypedResults.Ok(await node.MigrateAsync(RequestReader.Cid(cid), request, context.RequestAborted));
    }

    private static async Task<IResult> ListAsync(
        [Description("The CID after which the page begins.")] string? after, int? limit, IStorageClient node,
        CancellationToken cancellationToken)
    {
        var count = RequestReader.Count(limit, PageSizeMax, "limit");
        var items = ImmutableArray.CreateBuilder<ObjectRecord>();
        await foreach (var item in node.ListAsync(RequestReader.OptionalCid(after), cancellationToken))
        {
            items.Add(item);
            if (items.Count == count)
            {
                break;
            }
        }

        var next = items.Count == count ? items[^1].Key.Cid : default(Content.Cid?);
        return TypedResults.Ok(new WireTypes.ObjectPage(items.ToImmutable(), next));
    }

    private static async Task<IResult> StatAsync(
        string cid, [Description("true: only when the content can be read now.")] bool? open, HttpContext context,
        IStorageClient node)
    {
        var parsed = RequestReader.Cid(cid);
        if (open != true)
        {
            return TypedResults.Ok(await node.StatAsync(parsed, context.RequestAborted) ?? throw NotHere(cid));
        }

        await using var reader =
            await node.OpenAsync(parsed, RequestReader.Retrieve(context.Request), context.RequestAborted)
            ?? throw NotHere(cid);
        return TypedResults.Ok(reader.Record);
    }

    private static async Task<IResult> ExplainAsync(
        string cid, IStorageClient node, CancellationToken cancellationToken) =>
        TypedResults.Ok(await node.ExplainAsync(RequestReader.Cid(cid), cancellationToken) ?? throw NotHere(cid));

    private static async Task<IResult> VerifyAsync(
        string cid, IStorageClient node, CancellationToken cancellationToken) =>
        TypedResults.Ok(await node.VerifyAsync(RequestReader.Cid(cid), cancellationToken) ?? throw NotHere(cid));

    private static RefusedException NotHere(string cid) =>
        ProblemWriter.Refuse("not-found-here", $"{cid} is not on this node.");
}
