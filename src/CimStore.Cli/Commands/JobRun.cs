using CimStore.Cli.Json;
using CimStore.Cli.Storage;
using CimStore.Cli.Terminal;
using CimStore.Diagnostics;
using CimStore.Engine;
using CimStore.Objects;

namespace CimStore.Cli.Commands;

/// <summary>Starts a job and stays with it: in a node it runs by itself, in a directory this process runs it.</summary>
internal static class JobRun
{
    private static readonly TimeSpan AskEvery = TimeSpan.FromMilliseconds(500);

    public static async Task<int> RunAsync(
        CliSession session, JobArguments arguments, bool isDetached, CancellationToken cancellationToken)
    {
        var store = await session.OpenAsync(cancellationToken);
        var job = await store.Operator.StartJobAsync(arguments, cancellationToken);
        if (isDetached)
        {
            return Tell(session, job);
        }

        var code = await FollowAsync(session, store, job.Id, cancellationToken);

        // A repair makes what was found; what a directory that is away lacks was not.
        return arguments.Kind != JobKind.Repair || await Unlooked.SayAsync(session, store, cancellationToken)
            ? code : ExitCode.NotWell;
    }

    /// <summary>
    /// In a node until it is over, paused or cancelled; in a directory once by all objects, as what waits there holds
    /// the directory's lock. Interrupted, it goes on in a node and waits in a directory.
    /// </summary>
    public static async Task<int> FollowAsync(
        CliSession session, StoreConnection store, MessageId id, CancellationToken cancellationToken)
    {
        using var progress = new Progress(session, "looked at");
        var waits = new HashSet<DateTimeOffset>();
        try
        {
            var job = store.IsShared
                ? await WatchAsync(session, store, id, progress, waits, cancellationToken)
                : await store.Jobs().RunOnceAsync(
                    id, job => Show(session, progress, job, waits), cancellationToken);
            progress.Clear();
            Tell(session, job);
            if (!store.IsShared && job.State == JobState.Queued)
            {
                session.Say($"{job.Left} left; the job stays queued: 'cimstore jobs run {id}' tries again.");
            }

            return job.State == JobState.Done ? ExitCode.Ok : ExitCode.NotWell;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            progress.Clear();
            session.Say(store.IsShared
                ? $"The job goes on in the node; 'cimstore jobs cancel {id}' ends it."
                : $"The job keeps its place; 'cimstore jobs run {id}' goes on, 'cimstore jobs cancel {id}' ends it.");
            throw;
        }
    }

    public static int Tell(CliSession session, JobRecord job)
    {
        if (session.IsJson)
        {
            session.Out.Json(OperatorShape.Of(job), CliJson.Default.JobJson);
        }
        else
        {
            session.Out.Line(
                $"{job.Id}\t{JsonText.Of(job.Arguments.Kind)}\t{JsonText.Of(job.State)}\t{Far(job)}\t"
                + $"{job.Changed} changed ({Sizes.Of(job.SizeBytes)}), {job.Left} left"
                + (job.LastError is { } error ? $": {LineEscape.Escape(error)}" : ""));
        }

        session.Out.Flush();
        return ExitCode.Ok;
    }

    private static string Far(JobRecord job) => job.Total is { } total ? $"{job.Done}/{total}" : $"{job.Done}";

    /// <summary>A wait is told once, also where nobody looks at progress: it may be long.</summary>
    private static void Show(CliSession session, Progress progress, JobRecord job, HashSet<DateTimeOffset> waits)
    {
        if (job.NextTry is { } next && next > session.Time.GetUtcNow() && waits.Add(next))
        {
            progress.Clear();
            session.Say(
                $"{job.Left} left after try {job.Attempts}; again at {Sizes.Of(next)}, Ctrl-C leaves it waiting. "
                + LineEscape.Escape(job.LastError ?? ""));
        }

        progress.Show($"{JsonText.Of(job.Arguments.Kind)}, looked at", job.Done, job.SizeBytes);
    }

    private static async Task<JobRecord> WatchAsync(
        CliSession session, StoreConnection store, MessageId id, Progress progress, HashSet<DateTimeOffset> waits,
        CancellationToken cancellationToken)
    {
        while (true)
        {
            var job = await store.Operator.FindJobAsync(id, cancellationToken)
                ?? throw CliException.NotFound($"There is no job {id} any more.");
            if (job.IsFinished || job.State == JobState.Paused)
            {
                return job;
            }

            Show(session, progress, job, waits);
            await Task.Delay(AskEvery, session.Time, cancellationToken);
        }
    }
}
