using CimStore.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace CimStore.Server.Endpoints;

internal static class ProblemMetadata
{
    /// <summary>Tells the OpenAPI document which refusals a route knows beside 401 and 500.</summary>
    public static RouteHandlerBuilder WithProblems(this RouteHandlerBuilder builder, params ReadOnlySpan<int> statuses)
    {
        foreach (var status in statuses)
        {
            builder.WithMetadata(new ProducesResponseTypeMetadata(status, typeof(Problem), [Problem.MediaType]));
        }

        return builder;
    }
}
