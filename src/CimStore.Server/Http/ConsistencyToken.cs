using CimStore.Content;
using CimStore.Engine;
using CimStore.Http;
using CimStore.Objects;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CimStore.Server.Http;

/// <summary>
/// <c>X-At-Least-LSN</c>, honoured in one place for every question to the API: what answers it has seen everything up
/// to that position. Commands decide on the newest state anyhow.
/// </summary>
internal static class ConsistencyToken
{
    /// <summary>Waits until the node has seen the position, or refuses (<c>token-not-observed</c>).</summary>
    public static async ValueTask ObserveAsync(HttpContext context, IStorageClient node)
    {
        var request = context.Request;
        if (context.GetEndpoint() is not { } endpoint
            || !request.Path.StartsWithSegments(Routes.Api, StringComparison.Ordinal)
            || !IsQuestion(request.Method, endpoint))
        {
            return;
        }

        var retrieve = RequestReader.Retrieve(request);
        if (retrieve.AtLeast == Lsn.None)
        {
            return;
        }

        var about = Cid.TryParse(context.GetRouteValue("cid") as string, out var cid, out _) ? cid : default(Cid?);
        await node.ObserveAsync(retrieve, about, context.RequestAborted);
    }

    private static bool IsQuestion(string method, Endpoint endpoint) =>
        HttpMethods.IsGet(method) || HttpMethods.IsHead(method)
        || endpoint.Metadata.GetMetadata<QuestionMarker>() is not null;
}
