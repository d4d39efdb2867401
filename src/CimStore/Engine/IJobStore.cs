using CimStore.Objects;

namespace CimStore.Engine;

/// <summary>
/// Port: keeps jobs over restarts. Every adapter passes <c>JobStoreContract</c>. One runner at a time writes to it.
/// </summary>
public interface IJobStore
{
    /// <summary>Jobs that are not finished are bounded: each is listed, and all of them are told to an operator.
    /// </summary>
    const int OpenMax = 1000;

    /// <summary>Finished ones are kept for who asks what became of them, the youngest of them.</summary>
    const int FinishedMax = 1000;

    /// <returns>Null when there is none, or it was finished and is forgotten.</returns>
    /// <exception cref="Locations.LocationException">Nothing is known about it.</exception>
    ValueTask<JobRecord?> FindAsync(MessageId id, CancellationToken cancellationToken);

    /// <summary>All of them, in ascending order of their ids.</summary>
    /// <exception cref="Locations.LocationException">Nothing is known.</exception>
    ValueTask<IReadOnlyList<JobRecord>> ListAsync(CancellationToken cancellationToken);

    /// <summary>Returns once the record is durable in the place of the one before. May forget finished ones.</summary>
    /// <exception cref="RefusedException">A new job, and <see cref="OpenMax"/> are open (<c>too-many-jobs</c>).
    /// </exception>
    /// <exception cref="Locations.LocationException">The old record or the new one is kept.</exception>
    ValueTask SaveAsync(JobRecord job, CancellationToken cancellationToken);

    /// <summary>What every adapter refuses with.</summary>
    static RefusedException TooMany() => new(new Refusal(
        "too-many-jobs", $"{OpenMax} jobs are open: let some end, or cancel some."));
}
