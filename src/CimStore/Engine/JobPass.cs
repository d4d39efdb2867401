using System.Runtime.CompilerServices;
using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Engine;

/// <summary>
/// One way through the objects that a job is about, from its cursor. What it does to each may be repeated, so the
/// cursor is kept only now and then: a crash repeats looks, never harm.
/// </summary>
internal sealed class JobPass(
    StorageNode node, IJobStore store, JobRunnerOptions options, TimeProvider time, JobRecord job,
    Action<JobRecord>? told)
{
    private const int PageFactor = 8;

    private readonly Lock _gate = new();
    private readonly long _changedBefore = job.Changed;
    private long _keptAt = time.GetTimestamp();
    private long _keptDone = job.Done;

    /// <summary>The job as far as this pass came; at its end with the state that follows.</summary>
    public JobRecord Job { get; private set; } = job;

    /// <param name="delay">How long to wait after so many tries in vain.</param>
    /// <param name="cancellationToken">Stops it; <see cref="Job"/> has then what was done.</param>
    /// <exception cref="LocationException">The catalog or the job store failed.</exception>
    public async Task RunAsync(Func<int, TimeSpan> delay, CancellationToken cancellationToken)
    {
        if (Job.Cursor is null)
        {
            var total = Job.Arguments.Cids is { IsEmpty: false } list
                ? list.Length
                : await node.CountObjectsAsync(cancellationToken);
            Job = Job with { Done = 0, Left = 0, LeftForRetry = 0, Total = total };
        }

        await foreach (var page in PagesAsync(cancellationToken))
        {
            if (WhyOver() is { } over)
            {
                Job = Job with { State = JobState.Failed, LastError = over };
                return;
            }

            await StepAsync(page, cancellationToken);
            await KeepAsync(cancellationToken);
        }

        await FinishAsync(delay, cancellationToken);
    }

    /// <summary>It cannot go on, for a reason that another try would meet again.</summary>
    public void Fail(string cause)
    {
        lock (_gate)
        {
            Job = Job with { State = JobState.Failed, LastError = cause };
        }
    }

    private string? WhyOver() => Job.Arguments is { Kind: JobKind.Drain, Location: { } location }
        && node.StateOf(location) != LocationState.Draining
            ? $"{location} is not draining any more: it is {node.StateOf(location)}."
            : null;

    private async IAsyncEnumerable<List<ObjectRecord>> PagesAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var page = new List<ObjectRecord>();
        await foreach (var record in ObjectsAsync(cancellationToken))
        {
            page.Add(record);
            if (page.Count == PageFactor * options.ObjectsAtOnceMax)
            {
                yield return page;
                page = [];
            }
        }

        if (page.Count > 0)
        {
            yield return page;
        }
    }

    private async IAsyncEnumerable<ObjectRecord> ObjectsAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (Job.Arguments.Cids is { IsEmpty: false } list)
        {
            foreach (var cid in list.Order().Where(cid => Job.Cursor is not { } after || cid.CompareTo(after) > 0))
            {
                if (await node.StatAsync(cid, cancellationToken) is { } record)
                {
                    yield return record;
                }
            }

            yield break;
        }

        var prefix = Job.Arguments.Prefix;
        await foreach (var record in node.ObjectsAfterAsync(Job.Cursor, cancellationToken))
        {
            var text = prefix is null ? "" : record.Key.Cid.ToString();
            if (prefix is null || text.StartsWith(prefix, StringComparison.Ordinal))
            {
                yield return record;
            }
            else if (string.CompareOrdinal(text, prefix) > 0)
            {
                yield break;
            }
        }
    }

    private async Task StepAsync(List<ObjectRecord> page, CancellationToken cancellationToken)
    {
        var outcomes = new JobOutcome[page.Count];
        var parallel = new ParallelOptions
        {
            MaxDegreeOfParallelism = options.ObjectsAtOnceMax,
            CancellationToken = cancellationToken,
        };
        await Parallel.ForAsync(0, page.Count, parallel, async (index, token) =>
        {
            outcomes[index] = await StepAsync(page[index], token);
            Tally(page[index], outcomes[index]);
        });

        var causes = outcomes.Where(outcome => outcome.Cause is not null).Select(outcome => outcome.Cause!).ToList();
        Job = Job with
        {
            Cursor = page[^1].Key.Cid,
            Done = Job.Done + page.Count,
            Left = Job.Left + causes.Count,
            LeftForRetry = Job.LeftForRetry + outcomes.Count(static outcome => outcome.IsWorthRetry),
            LastError = causes.Count > 0 ? causes[^1] : Job.LastError,
        };
    }

    private async ValueTask<JobOutcome> StepAsync(ObjectRecord record, CancellationToken cancellationToken)
    {
        try
        {
            return Job.Arguments switch
            {
                { Kind: JobKind.Drain, Location: { } from } => record.Copies.Any(copy => copy.Location == from)
                    ? await node.MoveOffAsync(record.Key, from, cancellationToken)
                    : JobOutcome.Nothing,
                { Kind: JobKind.Replicate, Copies: { } copies } =>
                    await node.ReplicateAsync(record.Key, copies, cancellationToken),
                { Kind: JobKind.Scrub } => await node.ProveAsync(record.Key, cancellationToken),
                { Kind: JobKind.Repair } => await node.MendAsync(record.Key, cancellationToken),
                _ => throw new System.Diagnostics.UnreachableException(),
            };
        }
        catch (LocationException failure)
        {
            return JobOutcome.Failed(failure.Message);
        }
        catch (IntegrityException failure)
        {
            return JobOutcome.Refused(failure.Message);
        }
    }

    /// <summary>At once, so that what a stop interrupts is counted all the same.</summary>
    private void Tally(ObjectRecord record, in JobOutcome outcome)
    {
        if (!outcome.IsChanged)
        {
            return;
        }

        lock (_gate)
        {
            Job = Job with { Changed = Job.Changed + 1, SizeBytes = Job.SizeBytes + record.SizeBytes };
        }
    }

    private async ValueTask KeepAsync(CancellationToken cancellationToken)
    {
        if (Job.Done - _keptDone >= options.ObjectsPerCheckpoint
            || time.GetElapsedTime(_keptAt) >= options.CheckpointInterval)
        {
            Job = Job with { Updated = time.GetUtcNow() };
            await store.SaveAsync(Job, cancellationToken);
            (_keptDone, _keptAt) = (Job.Done, time.GetTimestamp());
        }

        told?.Invoke(Job);
    }

    private async ValueTask FinishAsync(Func<int, TimeSpan> delay, CancellationToken cancellationToken)
    {
        // A location that is away keeps nobody from the objects of others: the pass went by all, and another follows.
        if (Job.LeftForRetry > 0)
        {
            Again(delay);
            return;
        }

        if (Job.Left > 0)
        {
            Job = Job with
            {
                State = JobState.Failed,
                Cursor = null,
                LastError = $"{Job.Left} objects could not be dealt with; the last: {Job.LastError}",
            };
            return;
        }

        // Copies that were on their way there when the drain began came in behind the cursor.
        if (Job.Arguments is { Kind: JobKind.Drain, Location: { } location }
            && await AnyAtAsync(location, cancellationToken))
        {
            Job = Job with { LastError = $"Copies came to {location} behind the cursor." };
            Again(delay);
            return;
        }

        Job = Job with { State = JobState.Done, Cursor = null, Attempts = 0, LastError = null };
    }

    private async ValueTask<bool> AnyAtAsync(LocationId location, CancellationToken cancellationToken)
    {
        await foreach (var record in node.ObjectsAfterAsync(null, cancellationToken))
        {
            if (record.Copies.Any(copy => copy.Location == location))
            {
                return true;
            }
        }

        return false;
    }

    private void Again(Func<int, TimeSpan> delay)
    {
        var attempts = Job.Changed > _changedBefore ? 1 : Job.Attempts + 1;
        Job = Job with
        {
            State = attempts < options.AttemptsMax ? JobState.Queued : JobState.Failed,
            Cursor = null,
            Attempts = attempts,
            NextTry = time.GetUtcNow() + delay(attempts),
        };
    }
}
