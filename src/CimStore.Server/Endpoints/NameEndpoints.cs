using System.Collections.Immutable;
using System.ComponentModel;
using CimStore.Content;
using CimStore.Engine;
using CimStore.Http;
using CimStore.Objects;
using CimStore.Server.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CimStore.Server.Endpoints;

/// <summary><c>/api/v1/names</c>: named references, with compare-and-set by ETag (the CID the name names).</summary>
internal static class NameEndpoints
{
    private const int PageSizeMax = 1000;
    private const int SpaceSegment = 3;
    private const int NameSegment = 4;

    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/names/{namespace}", ListAsync)
            .WithName("ListNames").WithSummary("Names that are set, in ordinal order, a page at a time.")
            .Produces<WireTypes.NamePage>().WithProblems(400);
        api.MapGet("/names/{namespace}/{name}", GetAsync)
            .WithName("GetName").WithSummary("What the name names; its ETag is the CID.")
            .Produces<NameRecord>().Produces(StatusCodes.Status304NotModified).WithProblems(400, 404);
        api.MapPut("/names/{namespace}/{name}", PutAsync)
            .WithName("SetName")
            .WithSummary("Creates or moves the name; If-Match or If-None-Match: * make it conditional.")
            .Produces<NameRecord>().WithProblems(400, 404, 409, 412);
        api.MapDelete("/names/{namespace}/{name}", DeleteAsync)
            .WithName("DeleteName").WithSummary("Deletes the name; If-Match makes it conditional.")
            .Produces<NameRecord>().WithProblems(400, 404, 409, 412);
        api.MapGet("/names/{namespace}/{name}/history", HistoryAsync)
            .WithName("NameHistory").WithSummary("All states of the name, newest first, a page at a time.")
            .Produces<WireTypes.NameHistoryPage>().WithProblems(400, 404);
    }

    internal static (OwnedSpace Space, string Name) ReadName(HttpContext context, string? owner) =>
        (ReadSpace(context, owner), RequestReader.Segment(context, NameSegment));

    internal static RefusedException NotHere(string name) =>
        ProblemWriter.Refuse("name-not-found", $"The name '{name}' does not exist here.");

    private static OwnedSpace ReadSpace(HttpContext context, string? owner) =>
        new(RequestReader.Owner(owner), RequestReader.Space(RequestReader.Segment(context, SpaceSegment)));

    private static async Task<IResult> ListAsync(
        string @namespace, [Description("The name after which the page begins.")] string? after, int? limit,
        string? owner, HttpContext context, IStorageClient node)
    {
        _ = @namespace;
        var count = RequestReader.Count(limit, PageSizeMax, "limit");
        var items = ImmutableArray.CreateBuilder<NameRecord>();
        await foreach (var item in node.ListNamesAsync(ReadSpace(context, owner), after, context.RequestAborted))
        {
            items.Add(item);
            if (items.Count == count)
            {
                break;
            }
        }

        var next = items.Count == count ? items[^1].Name : null;
        return TypedResults.Ok(new WireTypes.NamePage(items.ToImmutable(), next));
    }

    private static async Task<IResult> GetAsync(
        string @namespace, string name,
        [Description("true answers with the record of a deleted name too.")] bool? deleted,
        string? owner, HttpContext context, IStorageClient node)
    {
        _ = @namespace;
        var (space, text) = ReadName(context, owner);
        var found = await node.FindNameAsync(space, text, context.RequestAborted);
        if (found is null || (found.Cid is null && deleted != true))
        {
            throw NotHere(name);
        }

        if (Tag(context, found) is { } tag && Conditions.Evaluate(context.Request, tag) is not 200 and var status)
        {
            return status == StatusCodes.Status304NotModified
                ? TypedResults.StatusCode(status)
                : throw ProblemWriter.Refuse("name-changed", $"The name '{name}' names {found.Cid}.");
        }

        return TypedResults.Ok(found);
    }

    private static async Task<IResult> PutAsync(
        string @namespace, string name, string? owner, WireTypes.NameTarget target, HttpContext context,
        IStorageClient node)
    {
        _ = (@namespace, name);
        if (target.Cid is null)
        {
            throw ProblemWriter.Refuse("malformed-body", "The body needs the member cid.");
        }

        var request = ReadRequest(context, owner, target.Cid);
        var record = await node.SetNameAsync(request, context.RequestAborted);
        Tag(context, record);
        return TypedResults.Ok(record);
    }

    private static async Task<IResult> DeleteAsync(
        string @namespace, string name, string? owner, HttpContext context, IStorageClient node)
    {
        _ = (@namespace, name);
        return TypedResults.Ok(await node.DeleteNameAsync(ReadRequest(context, owner, null), context.RequestAborted));
    }

    private static async Task<IResult> HistoryAsync(
        string @namespace, string name, [Description("Only states older than this revision.")] string? before,
        int? limit, string? owner, HttpContext context, IStorageClient node)
    {
        _ = @namespace;
        var (space, text) = ReadName(context, owner);
        var count = RequestReader.Count(limit, PageSizeMax, "limit");
        var end = RequestReader.LsnOf(before, "before");
        var items = ImmutableArray.CreateBuilder<NameRecord>();
        await foreach (var item in node.NameHistoryAsync(space, text, context.RequestAborted))
        {
            if (end != Lsn.None && item.Revision >= end)
            {
                continue;
            }

            items.Add(item);
            if (items.Count == count)
            {
                break;
            }
        }

        if (items.Count == 0 && end == Lsn.None)
        {
            throw NotHere(name);
        }

        var next = items.Count == count ? items[^1].Revision : default(Lsn?);
        return TypedResults.Ok(new WireTypes.NameHistoryPage(items.ToImmutable(), next));
    }

    private static NameSetRequest ReadRequest(HttpContext context, string? owner, Cid? cid)
    {
        var (space, name) = ReadName(context, owner);
        var headers = context.Request.Headers;
        var expected = Conditions.Tags(headers.IfMatch);
        if (headers.IfMatch.Count > 0 && (expected.Count != 1 || expected[0].IsWeak || expected[0].Tag == "*"))
        {
            throw RequestReader.Malformed("If-Match", headers.IfMatch.ToString(), "one CID in double quotes");
        }

        if (headers.IfNoneMatch.Count > 0 && headers.IfNoneMatch != "*")
        {
            throw RequestReader.Malformed("If-None-Match", headers.IfNoneMatch.ToString(), "*");
        }

        return new NameSetRequest(
            space.Owner, space.Namespace, name, cid,
            expected.Count == 1 ? RequestReader.Cid(expected[0].Tag.ToString().Trim('"')) : null,
            headers.IfNoneMatch.Count > 0, RequestReader.Identity(context.Request));
    }

    private static string? Tag(HttpContext context, NameRecord record)
    {
        if (record.Cid is not { } cid)
        {
            return null;
        }

        var tag = $"\"{cid}\"";
        context.Response.Headers.ETag = tag;
        context.Response.Headers.CacheControl = "no-cache";
        return tag;
    }
}
