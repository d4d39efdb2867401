using System.Collections.Immutable;
using System.ComponentModel;
using CimStore.Engine;
using CimStore.Http;
using CimStore.Objects;
using CimStore.Server.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
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
            .Produces<VerifyResult>().WithProblems(400, 404);
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
