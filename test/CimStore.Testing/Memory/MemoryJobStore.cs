using CimStore.Engine;
using CimStore.Objects;

namespace CimStore.Testing.Memory;

/// <summary>Jobs in memory; keeps the same contract as the files.</summary>
public sealed class MemoryJobStore : IJobStore
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, JobRecord> _jobs = new(StringComparer.Ordinal);

    public ValueTask<JobRecord?> FindAsync(MessageId id, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            return ValueTask.FromResult(_jobs.GetValueOrDefault(id.ToString()));
        }
    }

    public ValueTask<IReadOnlyList<JobRecord>> ListAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            return ValueTask.FromResult<IReadOnlyList<JobRecord>>([.. _jobs.Values]);
        }
    }

    public ValueTask SaveAsync(JobRecord job, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(job);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            if (!_jobs.ContainsKey(job.Id.ToString())
                && _jobs.Values.Count(static one => !one.IsFinished) >= IJobStore.OpenMax)
            {
                throw IJobStore.TooMany();
            }

            _jobs[job.Id.ToString()] = job;
            var finished = _jobs.Values.Where(static one => one.IsFinished).ToList();
            foreach (var old in finished.Take(finished.Count - IJobStore.FinishedMax))
            {
                _jobs.Remove(old.Id.ToString());
            }
        }

        return ValueTask.CompletedTask;
    }
}
