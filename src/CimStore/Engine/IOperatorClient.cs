using CimStore.Content;
using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Engine;

/// <summary>
/// What an operator does beside storing: long work, and the life-cycle of locations. Two implementations: in-process,
/// and HTTP to a node.
/// </summary>
public interface IOperatorClient
{
    /// <summary>Keeps the job; it runs when its turn comes. A drain makes its location draining at once.</summary>
    /// <exception cref="RefusedException">Nothing was begun: the arguments (<c>job-invalid</c>), the location
    /// (<c>location-unknown</c>, <c>location-home</c>), too many (<c>too-many-jobs</c>).</exception>
    ValueTask<JobRecord> StartJobAsync(JobArguments arguments, CancellationToken cancellationToken);

    ValueTask<JobRecord?> FindJobAsync(MessageId id, CancellationToken cancellationToken);

    /// <summary>The oldest first.</summary>
    ValueTask<IReadOnlyList<JobRecord>> ListJobsAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Pauses, resumes (with <see cref="JobState.Queued"/>) or cancels. Returns when nothing of a paused or cancelled
    /// job runs any more; what it did stays done.
    /// </summary>
    /// <exception cref="RefusedException">There is no such job (<c>job-not-found</c>), or it is over
    /// (<c>job-finished</c>).</exception>
    ValueTask<JobRecord> ChangeJobAsync(MessageId id, JobState state, CancellationToken cancellationToken);

    ValueTask<IReadOnlyList<LocationReport>> ListLocationsAsync(CancellationToken cancellationToken);

    /// <summary>What reads took, by tier, the warmest first, since the node was opened.</summary>
    ValueTask<IReadOnlyList<TierLatency>> ListTiersAsync(CancellationToken cancellationToken);

    /// <summary>Whether <see cref="SetLocationAsync"/> would be refused now; changes nothing.</summary>
    /// <exception cref="RefusedException">As it would be.</exception>
    ValueTask<LocationReport> CheckLocationAsync(
        LocationId location, LocationState state, CancellationToken cancellationToken);

    /// <summary>Sets what the operator lets happen at a location, durably.</summary>
    /// <exception cref="RefusedException">Nothing changed: there is no such location (<c>location-unknown</c>), it is
    /// the journal's own (<c>location-home</c>), it is not draining yet or copies are there
    /// (<c>location-not-empty</c>), or it is retired for good (<c>location-retired</c>).</exception>
    ValueTask<LocationReport> SetLocationAsync(
        LocationId location, LocationState state, CancellationToken cancellationToken);

    /// <summary>
    /// Paused, nothing moves by a policy and no debt is paid until it is resumed or the node is opened anew; what is
    /// asked for by name goes on. Readers and the scrub are not concerned.
    /// </summary>
    /// <exception cref="RefusedException">The node has one location (<c>no-tiers</c>).</exception>
    ValueTask PauseAsync(bool isPaused, CancellationToken cancellationToken);

    /// <summary>Where the copies of an object are.</summary>
    /// <param name="cid">The object.</param>
    /// <param name="isDeep">Reads every byte of every copy.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>Null when there is no such object.</returns>
    ValueTask<IReadOnlyList<CopyWhereabouts>?> WhereIsAsync(
        Cid cid, bool isDeep, CancellationToken cancellationToken);

    /// <summary>Objects that owe copies or parts, the longest due first.</summary>
    /// <exception cref="RefusedException">The node has one location (<c>no-tiers</c>).</exception>
    ValueTask<IReadOnlyList<OwedObject>> DebtsAsync(int countMax, CancellationToken cancellationToken);

    /// <summary>
    /// Compares the catalog with every location but the log, both ways, while the node is used. What it mends it may
    /// mend again. It ends with the token, or when the sequence is left.
    /// </summary>
    /// <exception cref="RefusedException">Another one is running (<c>fsck-running</c>), or the place to go on from
    /// is none (<c>fsck-cursor</c>).</exception>
    IAsyncEnumerable<CheckStep> FsckAsync(FsckRequest request, CancellationToken cancellationToken);
}
