using System.Collections.Immutable;
using CimStore.Diagnostics;
using CimStore.Locations;
using CimStore.Objects;
using Microsoft.Extensions.Logging;

namespace CimStore.Engine;

/// <summary>
/// Runs long work: a bounded number of jobs at once, each from its cursor, over restarts, with growing waits between
/// tries in vain. What a job does to an object may be repeated, so a crash at any point is harmless.
/// </summary>
public sealed class JobRunner : IDisposable
{
    private readonly StorageNode _node;
    private readonly IJobStore _store;
    private readonly JobRunnerOptions _options;
    private readonly TimeProvider _time;
    private readonly IdSource _ids;
    private readonly Func<double> _chance;
    private readonly ILogger _log;
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly Dictionary<MessageId, ActiveJob> _active = [];
    private volatile TaskCompletionSource _changed = NewSource();

    internal JobRunner(
        StorageNode node, IJobStore store, JobRunnerOptions options, TimeProvider time, IdSource ids,
        Func<double> chance, ILogger log) =>
        (_node, _store, _options, _time, _ids, _chance, _log) = (node, store, options, time, ids, chance, log);

    /// <summary>Runs jobs as they come, until it is stopped; those that run then keep their cursor.</summary>
    /// <exception cref="LocationException">The job store or the catalog failed; it may be called again.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var running = new List<Task>();
        try
        {
            while (true)
            {
                // Taken before the look, so that what changes behind it is not missed.
                var changed = _changed.Task;
                foreach (var ended in running.Where(task => task.IsCompleted).ToList())
                {
                    running.Remove(ended);
                    await ended;
                }

                while (running.Count < _options.JobsAtOnceMax && await ClaimAsync(null, false, stop.Token) is { } job)
                {
                    running.Add(RunAsync(job, null, stop.Token));
                }

                await WaitAsync([.. running, changed], running.Count < _options.JobsAtOnceMax, stop.Token);
            }
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(running);
        }
    }

    /// <summary>Runs what is due now, one after another, until nothing is.</summary>
    public async Task RunDueAsync(CancellationToken cancellationToken)
    {
        while (await ClaimAsync(null, false, cancellationToken) is { } job)
        {
            await RunAsync(job, null, cancellationToken);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Runs one job to its end, its waits included; stopped, it keeps its cursor.</summary>
    /// <param name="id">The job.</param>
    /// <param name="told">Gets the progress.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task<JobRecord> RunToEndAsync(
        MessageId id, Action<JobRecord>? told, CancellationToken cancellationToken)
    {
        while (true)
        {
            var job = await FindOrRefuseAsync(id, cancellationToken);
            if (job.IsFinished || job.State == JobState.Paused)
            {
                return job;
            }

            if (job.NextTry - _time.GetUtcNow() is { } wait && wait > TimeSpan.Zero)
            {
                told?.Invoke(job);
                await Task.Delay(wait, _time, cancellationToken);
            }
            else if (await ClaimAsync(id, false, cancellationToken) is { } active)
            {
                await RunAsync(active, told, cancellationToken);
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
    }

    /// <summary>Goes once by all that is left of a job, at once; what is worth another try leaves it queued.</summary>
    /// <param name="id">The job.</param>
    /// <param name="told">Gets the progress.</param>
    /// <param name="cancellationToken">Stops it; the job keeps its cursor.</param>
    public async Task<JobRecord> RunOnceAsync(
        MessageId id, Action<JobRecord>? told, CancellationToken cancellationToken)
    {
        await FindOrRefuseAsync(id, cancellationToken);
        if (await ClaimAsync(id, true, cancellationToken) is { } active)
        {
            await RunAsync(active, told, cancellationToken);
            cancellationToken.ThrowIfCancellationRequested();
        }

        return await FindOrRefuseAsync(id, cancellationToken);
    }

    /// <inheritdoc cref="IOperatorClient.StartJobAsync"/>
    public async ValueTask<JobRecord> StartJobAsync(JobArguments arguments, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        if (arguments.WhyNot() is { } wrong)
        {
            throw Refuse("job-invalid", wrong);
        }

        if (_node.Scavenger is null)
        {
            throw Refuse("job-invalid", "This node has one location: bind others first.");
        }

        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (arguments is { Kind: JobKind.Drain, Location: { } location })
            {
                var open = await _store.ListAsync(cancellationToken);
                if (open.FirstOrDefault(job => !job.IsFinished && job.Arguments.Kind == JobKind.Drain
                    && job.Arguments.Location == location) is { } same)
                {
                    return same;
                }

                var states = await _node.CheckStateAsync(location, LocationState.Draining, cancellationToken);
                _ = _node.TrySetState(location, LocationState.Draining, states);
            }

            var now = _time.GetUtcNow();
            var job = new JobRecord { Id = _ids.Next(), Arguments = arguments, Created = now, Updated = now };
            await _store.SaveAsync(job, cancellationToken);
            return job;
        }
        finally
        {
            _gate.Release();
            Tell();
        }
    }

    public ValueTask<JobRecord?> FindJobAsync(MessageId id, CancellationToken cancellationToken) =>
        _store.FindAsync(id, cancellationToken);

    public ValueTask<IReadOnlyList<JobRecord>> ListJobsAsync(CancellationToken cancellationToken) =>
        _store.ListAsync(cancellationToken);

    /// <inheritdoc cref="IOperatorClient.ChangeJobAsync"/>
    public async ValueTask<JobRecord> ChangeJobAsync(
        MessageId id, JobState state, CancellationToken cancellationToken)
    {
        if (state is not (JobState.Paused or JobState.Queued or JobState.Cancelled))
        {
            throw Refuse("job-invalid", $"A job is paused, resumed or cancelled; it cannot be made {state}.");
        }

        ActiveJob? active;
        await _gate.WaitAsync(cancellationToken);
        try
        {
            var job = await FindOrRefuseAsync(id, cancellationToken);
            if (!_active.TryGetValue(id, out active))
            {
                return await ChangeAsync(job, state, cancellationToken);
            }

            if (state == JobState.Queued)
            {
                return job;
            }

            active.Requested = state;
            await active.Stop.CancelAsync();
        }
        finally
        {
            _gate.Release();
            Tell();
        }

        // As it ended: by the time this goes on somebody may have resumed it.
        return await active.Ended.Task.WaitAsync(cancellationToken);
    }

    /// <inheritdoc cref="IOperatorClient.SetLocationAsync"/>
    public async ValueTask<LocationReport> SetLocationAsync(
        LocationId location, LocationState state, CancellationToken cancellationToken)
    {
        // What goes over all objects, before and after, holds no job up.
        while (!await TrySetStateAsync(
            location, state, await _node.CheckStateAsync(location, state, cancellationToken), cancellationToken))
        {
            cancellationToken.ThrowIfCancellationRequested();
        }

        return await _node.ReportAsync(location, cancellationToken);
    }

    public void Dispose() => _gate.Dispose();

    private async ValueTask<bool> TrySetStateAsync(
        LocationId location, LocationState state, ImmutableDictionary<LocationId, LocationState> checkedFor,
        CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            return _node.TrySetState(location, state, checkedFor);
        }
        finally
        {
            _gate.Release();
        }
    }

    private async ValueTask<JobRecord> ChangeAsync(JobRecord job, JobState to, CancellationToken cancellationToken)
    {
        if (job.State == to)
        {
            return job;
        }

        // A failed job may be tried again: what it could not do may be possible now.
        if (job.IsFinished && (job.State, to) is not (JobState.Failed, JobState.Queued))
        {
            throw Refuse("job-finished", $"The job {job.Id} is over: {job.State}.");
        }

        var changed = job with { State = to, Attempts = 0, NextTry = null, Updated = _time.GetUtcNow() };
        await _store.SaveAsync(changed, cancellationToken);
        return changed;
    }

    private async ValueTask<ActiveJob?> ClaimAsync(
        MessageId? id, bool isAtOnce, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            var now = _time.GetUtcNow();
            var due = (await _store.ListAsync(cancellationToken)).FirstOrDefault(job =>
                job.State is JobState.Queued or JobState.Running
                && (id is null || job.Id == id) && !_active.ContainsKey(job.Id) && (isAtOnce || !(job.NextTry > now)));
            if (due is null)
            {
                return null;
            }

            var active = new ActiveJob(due with { State = JobState.Running, NextTry = null, Updated = now });
            await _store.SaveAsync(active.Job, cancellationToken);
            _active.Add(due.Id, active);
            return active;
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task RunAsync(ActiveJob active, Action<JobRecord>? told, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(active.Stop.Token, cancellationToken);
        var pass = new JobPass(_node, _store, _options, _time, active.Job, told);
        var stopped = JobState.Queued;
        try
        {
            await pass.RunAsync(Delay, stop.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            stopped = active.Requested ?? JobState.Queued;
        }
        catch (Exception failure) when (failure is not LocationException)
        {
            // Trying it again would end alike, and the other jobs must not stop for it.
            Log.JobFailed(_log, active.Job.Id.ToString(), active.Job.Arguments.Kind.ToString(), failure);
            pass.Fail(failure.Message);
        }
        finally
        {
            await EndAsync(active, pass.Job, stopped);
        }

        told?.Invoke(pass.Job);
    }

    /// <summary>Not cancellable: a job that nobody runs must not look as if somebody did.</summary>
    private async Task EndAsync(ActiveJob active, JobRecord job, JobState stopped)
    {
        await _gate.WaitAsync(CancellationToken.None);
        var ended = job with { State = job.State == JobState.Running ? stopped : job.State };
        try
        {
            _active.Remove(job.Id);
            ended = ended with { Updated = _time.GetUtcNow() };
            await _store.SaveAsync(ended, CancellationToken.None);
        }
        finally
        {
            _gate.Release();
            active.Ended.SetResult(ended);
            active.Stop.Dispose();
            Tell();
        }
    }

    private async Task WaitAsync(Task[] tasks, bool hasRoom, CancellationToken cancellationToken)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var next = hasRoom
            ? (await _store.ListAsync(cancellationToken)).Where(job => job.State == JobState.Queued)
                .Min(job => job.NextTry) - _time.GetUtcNow()
            : null;
        var delay = Task.Delay(
            next is { } wait ? TimeSpan.FromTicks(Math.Max(wait.Ticks, 0)) : Timeout.InfiniteTimeSpan, _time,
            waiting.Token);
        await Task.WhenAny([.. tasks, delay]);
        await waiting.CancelAsync();
        await delay.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>Twice as long each time, and never all at once.</summary>
    private TimeSpan Delay(int attempts)
    {
        var seconds = Math.Min(_options.RetryDelayMax.TotalSeconds, Math.Pow(2, Math.Min(attempts, 20)));
        return TimeSpan.FromSeconds(seconds * (0.8 + (0.4 * _chance())));
    }

    private async ValueTask<JobRecord> FindOrRefuseAsync(MessageId id, CancellationToken cancellationToken) =>
        await _store.FindAsync(id, cancellationToken) ?? throw Refuse("job-not-found", $"There is no job {id} here.");

    private void Tell() => Interlocked.Exchange(ref _changed, NewSource()).TrySetResult();

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static RefusedException Refuse(string code, string message) => new(new Refusal(code, message));

    private sealed class ActiveJob(JobRecord job)
    {
        public JobRecord Job { get; } = job;

        public CancellationTokenSource Stop { get; } = new();

        public TaskCompletionSource<JobRecord> Ended { get; } =
            new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Why it is stopped; null while nobody asked.</summary>
        public JobState? Requested { get; set; }
    }
}
