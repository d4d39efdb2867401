using System.Text.Json;
using CimStore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace CimStore.Server.Tests.Http;

public sealed class ApiDocumentTests
{
    [Fact, Trait("row", "J2")]
    public async Task The_document_has_every_route_and_every_reference_resolves()
    {
        await using var node = await RunningNode.StartAsync();
        using var document = JsonDocument.Parse(
            await node.Http.GetStringAsync("/openapi/v1.json", TestContext.Current.CancellationToken));
        var root = document.RootElement;
        var documented = root.GetProperty("paths").EnumerateObject()
            .SelectMany(path => path.Value.EnumerateObject(), (path, method) =>
                $"{method.Name.ToUpperInvariant()} {path.Name}")
            .ToHashSet(StringComparer.Ordinal);

        Assert.StartsWith("3.", root.GetProperty("openapi").GetString(), StringComparison.Ordinal);
        Assert.All(Mapped(node), route => Assert.Contains(route, documented));
        Assert.All(References(root), reference => Assert.True(Resolves(root, reference), reference));
        Assert.All(
            root.GetProperty("paths").EnumerateObject().SelectMany(path => path.Value.EnumerateObject()),
            operation => Assert.NotEmpty(operation.Value.GetProperty("responses").EnumerateObject()));
    }

    [Fact]
    public void Every_row_of_the_problem_table_comes_back_as_the_same_exception()
    {
        foreach (var form in ProblemTable.All)
        {
            var problem = ProblemTable.Describe(form.Code, "why");

            var again = ProblemTable.Describe(ProblemTable.ToException(problem))!;

            Assert.Equal("why", again.Detail);
            Assert.Equal(form.Status, problem.Status);
            if (form.Kind is not ProblemTable.LocationKind)
            {
                Assert.Equal(form.Code, again.Code);
            }
        }
    }

    private static IEnumerable<string> Mapped(RunningNode node) =>
        from endpoint in node.Host.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
        let path = "/" + endpoint.RoutePattern.RawText!.TrimStart('/')
        where !path.StartsWith("/openapi", StringComparison.Ordinal)
        from method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods
        select $"{method} {path}";

    private static IEnumerable<string> References(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(property =>
            property.NameEquals("$ref") ? [property.Value.GetString()!] : References(property.Value)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(References),
        _ => [],
    };

    private static bool Resolves(JsonElement root, string reference)
    {
        var current = root;
        return reference.StartsWith("#/", StringComparison.Ordinal)
            && reference[2..].Split('/').All(part => current.TryGetProperty(part, out current));
    }
}
