using System.ComponentModel;
using CimStore.Engine;
using CimStore.Http;
using CimStore.Server.Foreign;
using CimStore.Server.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace CimStore.Server.Endpoints;

/// <summary><c>/api/v1/dead-letters</c>: events that no rule could translate.</summary>
internal static class DeadLetterEndpoints
{
    private const int PageSizeMax = 1000;

    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/dead-letters", List)
            .WithName("ListDeadLetters").WithSummary("Dead letters in the order in which they came, a page at a time.")
            .Produces<WireTypes.DeadLetterPage>().WithProblems(400);
        api.MapGet("/dead-letters/{id}", GetAsync)
            .WithName("GetDeadLetter").WithSummary("A dead letter with its event as it came.")
            .Produces<WireTypes.DeadLetterReply>().WithProblems(404, 502);
        api.MapPost("/dead-letters/{id}/replay", ReplayAsync)
            .WithName("ReplayDeadLetter")
            .WithSummary("Tries again with the node's rules; accepted, the letter is gone, else it stays.")
            .Produces<WireTypes.ForeignAcknowledgement>()
            .Produces<WireTypes.ForeignAcknowledgement>(StatusCodes.Status202Accepted)
            .WithProblems(404, 422, 502, 503, 507);
        api.MapDelete("/dead-letters/{id}", DeleteAsync)
            .WithName("RemoveDeadLetter").WithSummary("Gives the event up.")
            .Produces(StatusCodes.Status204NoContent).WithProblems(404);
    }

    private static Ok<WireTypes.DeadLetterPage> List(
        [Description("The id after which the page begins.")] string? after, int? limit, ForeignIngress ingress)
    {
        var count = RequestReader.Count(limit, PageSizeMax, "limit");
        var items = ingress.Box.List(after, count);
        return TypedResults.Ok(new WireTypes.DeadLetterPage(items, items.Length == count ? items[^1].Id : null));
    }

    private static async Task<IResult> GetAsync(
        string id, ForeignIngress ingress, CancellationToken cancellationToken) =>
        TypedResults.Ok(await ingress.FindAsync(id, cancellationToken) ?? throw NotHere(id));

    private static async Task<IResult> ReplayAsync(
        string id, ForeignIngress ingress, CancellationToken cancellationToken)
    {
        var answer = await ingress.ReplayAsync(id, cancellationToken) ?? throw NotHere(id);
        return answer.DeadLetter is null
            ? TypedResults.Ok(answer)
            : TypedResults.Json(
                answer, WireJson.Of<WireTypes.ForeignAcknowledgement>(), statusCode: StatusCodes.Status202Accepted);
    }

    private static async Task<IResult> DeleteAsync(
        string id, ForeignIngress ingress, CancellationToken cancellationToken) =>
        await ingress.RemoveAsync(id, cancellationToken) ? TypedResults.NoContent() : throw NotHere(id);

    private static RefusedException NotHere(string id) =>
        ProblemWriter.Refuse("dead-letter-not-found", $"There is no dead letter {id}: it was replayed or removed.");
}
