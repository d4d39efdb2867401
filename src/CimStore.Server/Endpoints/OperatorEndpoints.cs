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

/// <summary>What an operator does: jobs, the life-cycle of locations, what is owed, where copies are.</summary>
internal static class OperatorEndpoints
{
    private const int DebtsMax = 10_000;

    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/jobs", ListJobsAsync)
            .WithName("ListJobs").WithSummary("Long work, the oldest first; finished jobs are kept for a while.")
            .Produces<WireTypes.JobList>();
        api.MapPost("/jobs", StartJobAsync)
            .WithName("StartJob")
            .WithSummary("Keeps a job (drain, replicate, scrub, repair); it runs when its turn comes.")
            .Produces<JobRecord>(StatusCodes.Status201Created).WithProblems(400, 404, 409, 422, 503);
        api.MapGet("/jobs/{id}", FindJobAsync)
            .WithName("FindJob").WithSummary("How far a job is.").Produces<JobRecord>().WithProblems(400, 404);
        api.MapPost("/jobs/{id}/state", ChangeJobAsync)
            .WithName("ChangeJob").WithSummary("Pauses, resumes (queued) or cancels; what it did stays done.")
            .Produces<JobRecord>().WithProblems(400, 404, 409, 422);
        api.MapGet("/locations", ListLocationsAsync)
            .WithName("ListLocations").WithSummary("Locations, their state, what is there and how full they are.")
            .Produces<WireTypes.LocationList>();
        api.MapGet("/tiers", ListTiersAsync)
            .WithName("ListTiers").WithSummary("Measured latency of each tier beside its class.")
            .Produces<WireTypes.TierList>();
        api.MapPost("/locations/{location}/state", SetLocationAsync)
            .WithName("SetLocation").WithSummary("Active, draining or retired; it outlives restarts.")
            .Produces<LocationReport>().WithProblems(400, 404, 409, 422);
        api.MapPost("/scavenger/pause", (IStorageClient node, CancellationToken cancellationToken) =>
                PauseAsync(isPaused: true, node, cancellationToken))
            .WithName("PauseScavenger")
            .WithSummary("Nothing moves by a policy, no debt is paid, until it is resumed or the node starts anew.")
            .Produces(StatusCodes.Status204NoContent).WithProblems(422);
        api.MapPost("/scavenger/resume", (IStorageClient node, CancellationToken cancellationToken) =>
                PauseAsync(isPaused: false, node, cancellationToken))
            .WithName("ResumeScavenger").WithSummary("Moves what is due and pays debts again.")
            .Produces(StatusCodes.Status204NoContent).WithProblems(422);
        api.MapGet("/debts", ListDebtsAsync)
            .WithName("ListDebts").WithSummary("Objects that owe copies or parts, the longest due first.")
            .Produces<WireTypes.DebtList>().WithProblems(400, 422);
        api.MapGet("/objects/{cid}/copies", (string cid, IStorageClient node, CancellationToken cancellationToken) =>
                WhereIsAsync(cid, isDeep: false, node, cancellationToken))
            .WithName("FindCopies").WithSummary("Where the object's copies are, as their locations tell it.")
            .Produces<WireTypes.CopyList>().WithProblems(400, 404);
        api.MapPost(
                "/objects/{cid}/copies/inspect",
                (string cid, IStorageClient node, CancellationToken cancellationToken) =>
                    WhereIsAsync(cid, isDeep: true, node, cancellationToken))
            .WithName("InspectCopies").WithSummary("The same after reading every byte of every copy, spare parts too.")
            .Produces<WireTypes.CopyList>().WithProblems(400, 404).WithMetadata(new QuestionMarker());
    }

    /// <summary>A client that is not the engine may know nothing of this.</summary>
    internal static IOperatorClient OperatorOf(IStorageClient node) => node as IOperatorClient
        ?? throw ProblemWriter.Refuse("no-tiers", "This node has no locations to be operated.");

    private static async Task<IResult> ListJobsAsync(IStorageClient node, CancellationToken cancellationToken) =>
        TypedResults.Ok(new WireTypes.JobList([.. await OperatorOf(node).ListJobsAsync(cancellationToken)]));

    private static async Task<IResult> StartJobAsync(
        JobArguments? arguments, IStorageClient node, CancellationToken cancellationToken)
    {
        if (arguments is null)
        {
            throw ProblemWriter.Refuse("malformed-body", "The body says the job, such as {\"kind\": \"Scrub\"}.");
        }

        var job = await OperatorOf(node).StartJobAsync(arguments, cancellationToken);
        return TypedResults.Created(Routes.Job(job.Id), job);
    }

    private static async Task<IResult> FindJobAsync(
        string id, IStorageClient node, CancellationToken cancellationToken) =>
        TypedResults.Ok(await OperatorOf(node).FindJobAsync(JobId(id), cancellationToken)
            ?? throw ProblemWriter.Refuse("job-not-found", $"There is no job {id} here."));

    private static async Task<IResult> ChangeJobAsync(
        string id, [Description("Paused, Queued or Cancelled.")] string to, IStorageClient node,
        CancellationToken cancellationToken)
    {
        var state = RequestReader.Choice<JobState>(to, "to")
            ?? throw RequestReader.Malformed("to", to, "Paused, Queued or Cancelled");
        return TypedResults.Ok(await OperatorOf(node).ChangeJobAsync(JobId(id), state, cancellationToken));
    }

    private static async Task<IResult> ListLocationsAsync(IStorageClient node, CancellationToken cancellationToken) =>
        TypedResults.Ok(new WireTypes.LocationList([.. await OperatorOf(node).ListLocationsAsync(cancellationToken)]));

    private static async Task<IResult> ListTiersAsync(IStorageClient node, CancellationToken cancellationToken) =>
        TypedResults.Ok(new WireTypes.TierList([.. await OperatorOf(node).ListTiersAsync(cancellationToken)]));

    private static async Task<IResult> SetLocationAsync(
        string location, [Description("Active, Draining or Retired.")] string to,
        [FromQuery(Name = "dry-run"), Description("true: whether it would be refused; nothing changes.")] bool? isDry,
        IStorageClient node, CancellationToken cancellationToken)
    {
        var state = RequestReader.Choice<LocationState>(to, "to")
            ?? throw RequestReader.Malformed("to", to, "Active, Draining or Retired");
        var id = RequestReader.Location(location);
        return TypedResults.Ok(isDry == true
            ? await OperatorOf(node).CheckLocationAsync(id, state, cancellationToken)
            : await OperatorOf(node).SetLocationAsync(id, state, cancellationToken));
    }

    private static async Task<IResult> PauseAsync(
        bool isPaused, IStorageClient node, CancellationToken cancellationToken)
    {
        await OperatorOf(node).PauseAsync(isPaused, cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task<IResult> ListDebtsAsync(
        int? limit, IStorageClient node, CancellationToken cancellationToken)
    {
        var count = RequestReader.Count(limit, DebtsMax, "limit");
        var owed = await OperatorOf(node).DebtsAsync(count, cancellationToken);
        return TypedResults.Ok(new WireTypes.DebtList([.. owed]));
    }

    private static async Task<IResult> WhereIsAsync(
        string cid, bool isDeep, IStorageClient node, CancellationToken cancellationToken)
    {
        var found = await OperatorOf(node).WhereIsAsync(RequestReader.Cid(cid), isDeep, cancellationToken)
            ?? throw ProblemWriter.Refuse("not-found-here", $"{cid} is not on this node.");
        return TypedResults.Ok(new WireTypes.CopyList([.. found]));
    }

    private static MessageId JobId(string text) => Guid.TryParseExact(text, "D", out var id)
        ? new MessageId(id)
        : throw RequestReader.Malformed("id", text, "the UUID of a job");
}
