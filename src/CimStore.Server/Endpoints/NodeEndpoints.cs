using System.Reflection;
using CimStore.Engine;
using CimStore.Http;
using CimStore.Server.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CimStore.Server.Endpoints;

/// <summary>What the node says of itself: status, usage, version, health.</summary>
internal static class NodeEndpoints
{
    private const string ApiVersion = "v1";

    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/status", StatusAsync)
            .WithName("Status").WithSummary("Counts, space, warnings.").Produces<NodeStatus>().WithProblems(503);
        api.MapGet("/usage", UsageAsync)
            .WithName("Usage").WithSummary("Bytes and objects, in all and for each owner.")
            .Produces<WireTypes.UsageReply>().WithProblems(503);
        api.MapGet("/version", VersionAsync)
            .WithName("Version").WithSummary("Product and API version.").Produces<WireTypes.VersionReply>();
    }

    public static void MapHealth(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/health/live", () => TypedResults.Ok(new WireTypes.HealthReply("Healthy", [])))
            .WithName("Live").WithSummary("The process runs.").Produces<WireTypes.HealthReply>()
            .WithMetadata(new FeedMarker());
        routes.MapGet("/health/ready", ReadyAsync)
            .WithName("Ready").WithSummary("The node can keep its promises.")
            .Produces<WireTypes.HealthReply>()
            .Produces<WireTypes.HealthReply>(StatusCodes.Status503ServiceUnavailable)
            .WithMetadata(new FeedMarker());
    }

    internal static string ProductVersion() =>
        typeof(NodeEndpoints).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion
        ?? "0.0.0";

    private static async Task<IResult> StatusAsync(IStorageClient node, CancellationToken cancellationToken) =>
        TypedResults.Ok(await node.StatusAsync(cancellationToken));

    private static async Task<IResult> UsageAsync(IStorageClient node, CancellationToken cancellationToken)
    {
        var status = await node.StatusAsync(cancellationToken);
        return TypedResults.Ok(new WireTypes.UsageReply(
            new WireTypes.SpaceUsage(status.Objects, status.LogicalBytes, status.Space), status.Owners));
    }

    private static async Task<IResult> VersionAsync(IStorageClient node, CancellationToken cancellationToken)
    {
        var status = await node.StatusAsync(cancellationToken);
        return TypedResults.Ok(new WireTypes.VersionReply("CimStore", ProductVersion(), ApiVersion, status.Warnings));
    }

    private static async Task<IResult> ReadyAsync(Readiness readiness, CancellationToken cancellationToken)
    {
        var reply = await readiness.CheckAsync(cancellationToken);
        return reply.Status == Readiness.Unhealthy
            ? TypedResults.Json(reply, WireJson.Of<WireTypes.HealthReply>(), statusCode: 503)
            : TypedResults.Ok(reply);
    }
}
