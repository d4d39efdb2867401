using CimStore.Engine;
using CimStore.Http;
using CimStore.Server.Endpoints;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace CimStore.Server.Http;

/// <summary>What every request passes, from the outside in: problems, access, limits, the endpoint.</summary>
internal static class RequestPipeline
{
    public static void Map(WebApplication app)
    {
        var access = app.Services.GetRequiredService<AccessGate>();
        var gate = app.Services.GetRequiredService<RequestGate>();
        app.Use((context, next) => ProblemWriter.GuardAsync(context, next, app.Logger));
        app.UseRouting();
        app.Use((context, next) => AdmitAsync(context, next, access, gate));
        var node = app.Services.GetRequiredService<IStorageClient>();
        app.Use(async (context, next) =>
        {
            await ConsistencyToken.ObserveAsync(context, node);
            await next(context);
        });
        var api = app.MapGroup(Routes.Api);
        ContentEndpoints.Map(api);
        ContentReadEndpoints.Map(api);
        BatchEndpoints.Map(api);
        ObjectEndpoints.Map(api);
        NameEndpoints.Map(api);
        FeedEndpoints.Map(api);
        UploadEndpoints.Map(api);
        ForeignEndpoints.Map(api);
        DeadLetterEndpoints.Map(api);
        CheckEndpoints.Map(api);
        OperatorEndpoints.Map(api);
        NodeEndpoints.Map(api);
        NodeEndpoints.MapHealth(app);
        ApiDocument.Map(app);
    }

    private static async Task AdmitAsync(HttpContext context, RequestDelegate next, AccessGate access, RequestGate gate)
    {
        if (access.Refuse(context.Request) is { } problem)
        {
            await ProblemWriter.WriteAsync(context, problem);
            return;
        }

        if (IsLongLived(context))
        {
            await next(context);
            return;
        }

        using var lease = await gate.EnterRequestAsync(context.RequestAborted);
        await next(context);
    }

    private static bool IsLongLived(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<FeedMarker>() is not null;
}
