using CimStore.Content;
using CimStore.Engine;
using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Http;

// What an operator asks of a node: jobs, locations, debts, comparisons.
public sealed partial class HttpStorageClient
{
    public async ValueTask<JobRecord> StartJobAsync(JobArguments arguments, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        using var message = new HttpRequestMessage(HttpMethod.Post, $"{Routes.Api}/jobs")
        {
            Content = JsonBody(arguments),
        };
        return await _node.AskAsync(message, WireJson.Of<JobRecord>(), cancellationToken);
    }

    public async ValueTask<JobRecord?> FindJobAsync(MessageId id, CancellationToken cancellationToken)
    {
        using var message = new HttpRequestMessage(HttpMethod.Get, Routes.Job(id));
        return await _node.FindAsync(message, WireJson.Of<JobRecord>(), cancellationToken);
    }

    public async ValueTask<IReadOnlyList<JobRecord>> ListJobsAsync(CancellationToken cancellationToken)
    {
        using var message = new HttpRequestMessage(HttpMethod.Get, $"{Routes.Api}/jobs");
        return (await _node.AskAsync(message, WireJson.Of<WireTypes.JobList>(), cancellationToken)).Items;
    }

    public async ValueTask<JobRecord> ChangeJobAsync(
        MessageId id, JobState state, CancellationToken cancellationToken)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, $"{Routes.Job(id)}/state?to={state}");
        return await _node.AskAsync(message, WireJson.Of<JobRecord>(), cancellationToken);
    }

    public async ValueTask<IReadOnlyList<LocationReport>> ListLocationsAsync(CancellationToken cancellationToken)
    {
        using var message = new HttpRequestMessage(HttpMethod.Get, $"{Routes.Api}/locations");
        return (await _node.AskAsync(message, WireJson.Of<WireTypes.LocationList>(), cancellationToken)).Items;
    }

    public async ValueTask<IReadOnlyList<TierLatency>> ListTiersAsync(CancellationToken cancellationToken)
    {
        using var message = new HttpRequestMessage(HttpMethod.Get, $"{Routes.Api}/tiers");
        return (await _node.AskAsync(message, WireJson.Of<WireTypes.TierList>(), cancellationToken)).Items;
    }

    public ValueTask<LocationReport> CheckLocationAsync(
        LocationId location, LocationState state, CancellationToken cancellationToken) =>
        AskForStateAsync($"{Routes.Location(location)}/state?to={state}&dry-run=true", cancellationToken);

    public ValueTask<LocationReport> SetLocationAsync(
        LocationId location, LocationState state, CancellationToken cancellationToken) =>
        AskForStateAsync($"{Routes.Location(location)}/state?to={state}", cancellationToken);

    public async ValueTask PauseAsync(bool isPaused, CancellationToken cancellationToken)
    {
        using var message = new HttpRequestMessage(
            HttpMethod.Post, $"{Routes.Api}/scavenger/{(isPaused ? "pause" : "resume")}");
        using var response = await _node.SendAsync(message, cancellationToken);
    }

    public async ValueTask<IReadOnlyList<CopyWhereabouts>?> WhereIsAsync(
        Cid cid, bool isDeep, CancellationToken cancellationToken)
    {
        using var message = new HttpRequestMessage(
            isDeep ? HttpMethod.Post : HttpMethod.Get, $"{Routes.Object(cid)}/copies{(isDeep ? "/inspect" : "")}");
        return (await _node.FindAsync(message, WireJson.Of<WireTypes.CopyList>(), cancellationToken))?.Items;
    }

    public async ValueTask<IReadOnlyList<OwedObject>> DebtsAsync(int countMax, CancellationToken cancellationToken)
    {
        using var message = new HttpRequestMessage(
            HttpMethod.Get, $"{Routes.Api}/debts?limit={Routes.Number(countMax)}");
        return (await _node.AskAsync(message, WireJson.Of<WireTypes.DebtList>(), cancellationToken)).Items;
    }

    public IAsyncEnumerable<CheckStep> FsckAsync(FsckRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var query = new QueryText();
        query.Add("repair", request.IsMending ? "true" : null);
        query.Add("release-unknown", request.ReleasesUnknown ? "true" : null);
        query.Add("after", request.After);
        return StepsAsync($"{Routes.Api}/fsck{query}", cancellationToken);
    }

    private async ValueTask<LocationReport> AskForStateAsync(string route, CancellationToken cancellationToken)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, route);
        return await _node.AskAsync(message, WireJson.Of<LocationReport>(), cancellationToken);
    }
}
