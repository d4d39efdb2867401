using CimStore.Engine;
using CimStore.Objects;

namespace CimStore.Testing.Faults;

/// <summary>Another job store, whose writes end with the process.</summary>
public sealed class MortalJobStore(IJobStore inner, Lifeline life) : IJobStore
{
    private const string Call = "a write of a job";

    public ValueTask<JobRecord?> FindAsync(MessageId id, CancellationToken cancellationToken) =>
        inner.FindAsync(id, cancellationToken);

    public ValueTask<IReadOnlyList<JobRecord>> ListAsync(CancellationToken cancellationToken) =>
        inner.ListAsync(cancellationToken);

    public async ValueTask SaveAsync(JobRecord job, CancellationToken cancellationToken)
    {
        var isLast = life.Begin(Call);
        await inner.SaveAsync(job, cancellationToken);
        if (isLast)
        {
            life.End(Call);
        }
    }
}
