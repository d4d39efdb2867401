using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Engine;

// What an operator asks of a node: the parts that do it, by one name.
public sealed partial class StorageNode
{
    public ValueTask<JobRecord> StartJobAsync(JobArguments arguments, CancellationToken cancellationToken) =>
        RequireJobs().StartJobAsync(arguments, cancellationToken);

    public ValueTask<JobRecord?> FindJobAsync(MessageId id, CancellationToken cancellationToken) =>
        Jobs?.FindJobAsync(id, cancellationToken) ?? default;

    public ValueTask<IReadOnlyList<JobRecord>> ListJobsAsync(CancellationToken cancellationToken) =>
        Jobs?.ListJobsAsync(cancellationToken) ?? ValueTask.FromResult<IReadOnlyList<JobRecord>>([]);

    public ValueTask<JobRecord> ChangeJobAsync(MessageId id, JobState state, CancellationToken cancellationToken) =>
        RequireJobs().ChangeJobAsync(id, state, cancellationToken);

    public ValueTask<IReadOnlyList<LocationReport>> ListLocationsAsync(CancellationToken cancellationToken) =>
        ReportsAsync(cancellationToken);

    public ValueTask<IReadOnlyList<TierLatency>> ListTiersAsync(CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<TierLatency>>(TierLatencies());

    public async ValueTask<LocationReport> CheckLocationAsync(
        LocationId location, LocationState state, CancellationToken cancellationToken)
    {
        _ = RequireJobs();
        await CheckStateAsync(location, state, cancellationToken);
        return await ReportAsync(location, cancellationToken);
    }

    public ValueTask<LocationReport> SetLocationAsync(
        LocationId location, LocationState state, CancellationToken cancellationToken) =>
        RequireJobs().SetLocationAsync(location, state, cancellationToken);

    public ValueTask PauseAsync(bool isPaused, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        RequireScavenger().IsPaused = isPaused;
        return ValueTask.CompletedTask;
    }

    public ValueTask<IReadOnlyList<OwedObject>> DebtsAsync(int countMax, CancellationToken cancellationToken) =>
        RequireScavenger().OwedAsync(countMax, cancellationToken);

    /// <summary>Proves every byte of every copy of an object, and mends what is wrong; repeating it does no harm.
    /// </summary>
    internal async ValueTask<JobOutcome> ProveAsync(ContentKey key, CancellationToken cancellationToken)
    {
        var result = await Scrubber!.RunAsync([key], null, cancellationToken);
        if (result.Owing + result.Unread == 0)
        {
            return result.Repaired > 0 ? JobOutcome.Changed : JobOutcome.Nothing;
        }

        var cause = $"{key.Cid}: {result.WhyUnread ?? await CauseAsync(key, cancellationToken)}";
        var isInVain = result.Hopeless > 0
            || (result.Owing == 0 && await IsUnboundAsync(key, result, cancellationToken));
        return isInVain ? JobOutcome.Refused(cause) : JobOutcome.Failed(cause);
    }

    /// <summary>Makes what an object owes; one that owes nothing is not looked at.</summary>
    internal async ValueTask<JobOutcome> MendAsync(ContentKey key, CancellationToken cancellationToken)
    {
        var due = await Scavenger!.AloneAsync(index => index.FindAsync(key, cancellationToken), cancellationToken);
        if (due?.Debt is not { } debt)
        {
            return JobOutcome.Nothing;
        }

        var before = await _catalog.FindAsync(key, cancellationToken);
        if (await PayAsync(key, lacksParts: false, cancellationToken) is { } cause)
        {
            return cause == NoCopyLeft
                ? JobOutcome.Refused($"{key.Cid}: {cause}") : JobOutcome.Failed($"{key.Cid}: {cause}");
        }

        var after = await _catalog.FindAsync(key, cancellationToken);
        var made = after?.Revision == before?.Revision ? JobOutcome.Nothing : JobOutcome.Changed;
        if (!debt.LacksParts)
        {
            await Scavenger.SettleAsync(due, cancellationToken);
            return made;
        }

        var proved = await ProveAsync(key, cancellationToken);
        return proved == JobOutcome.Nothing ? made : proved;
    }

    /// <summary>What no location is bound for is not worth another try: nothing comes back by waiting.</summary>
    private async ValueTask<bool> IsUnboundAsync(
        ContentKey key, ScrubResult result, CancellationToken cancellationToken) =>
        await _catalog.FindAsync(key, cancellationToken) is { } record
        && record.Copies.Any(copy => Unbound(copy.Location) == result.WhyUnread);

    private async ValueTask<string> CauseAsync(ContentKey key, CancellationToken cancellationToken)
    {
        var due = await Scavenger!.AloneAsync(index => index.FindAsync(key, cancellationToken), cancellationToken);
        return due?.Debt?.Cause is { Length: > 0 } cause
            ? cause : "a copy could not be looked at: its location failed.";
    }

    private JobRunner RequireJobs() => Jobs ?? throw NoTiers();

    private Scavenger RequireScavenger() => Scavenger ?? throw NoTiers();

    private static RefusedException NoTiers() => Refuse(
        "no-tiers", "This node has one location. Bind others in its configuration first.");
}
