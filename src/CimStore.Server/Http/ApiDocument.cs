using CimStore.Content;
using CimStore.Locations;
using CimStore.Objects;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;

namespace CimStore.Server.Http;

/// <summary>The OpenAPI document at <c>/openapi/v1.json</c>, made from the endpoints.</summary>
internal static class ApiDocument
{
    public static void AddTo(IServiceCollection services) => services.AddOpenApi("v1", options =>
    {
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new OpenApiInfo
            {
                Title = "CimStore",
                Version = "v1",
                Description = "Content-addressed storage. Every refusal is a problem document (RFC 9457) with a code.",
            };
            return Task.CompletedTask;
        });

        // Values written by converters of ours are opaque to the generator.
        options.AddSchemaTransformer((schema, context, _) =>
        {
            var type = Nullable.GetUnderlyingType(context.JsonTypeInfo.Type) ?? context.JsonTypeInfo.Type;
            if (type == typeof(Lsn))
            {
                schema.Type = JsonSchemaType.Integer;
                schema.Format = "int64";
            }
            else if (type == typeof(Cid) || type == typeof(ContentKey) || type == typeof(MessageId)
                || type == typeof(OwnerId) || type == typeof(NamespaceId) || type == typeof(LocationId))
            {
                schema.Type = JsonSchemaType.String;
            }

            return Task.CompletedTask;
        });
    });

    public static void Map(WebApplication app) => app.MapOpenApi();
}
