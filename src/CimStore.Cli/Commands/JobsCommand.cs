using System.CommandLine;
using CimStore.Cli.Terminal;
using CimStore.Engine;
using CimStore.Objects;

namespace CimStore.Cli.Commands;

/// <summary>`cimstore jobs`: long work, how far it is, and what is to become of it.</summary>
internal static class JobsCommand
{
    private static readonly Argument<string> Id = new("ID") { Description = "Which job, as list prints it" };

    private static readonly Argument<string?> OptionalId = new("ID")
    {
        Description = "Which job; without one, all that are due",
        Arity = ArgumentArity.ZeroOrOne,
    };

    public static CliCommand Create()
    {
        var command = new CliCommand(
            "jobs", "Long work: drains, replications, scrubs and repairs; how far it is, pause, resume, cancel.")
        {
            Examples =
            [
                ("cimstore jobs list", "what there is, the oldest first"),
                ("cimstore jobs watch ID", "stay with one until it is over"),
                ("cimstore jobs pause ID", "let it rest; resume goes on from there"),
            ],
            Exits = [ExitCode.NotWell, ExitCode.NotFound, ExitCode.Refused, ExitCode.LocationFailed, ExitCode.InUse],
        };
        command.Add(CreateList());
        command.Add(CreateWatch());
        command.Add(CreateRun());
        command.Add(CreateChange("pause", "Let a job rest; what it did stays done.", JobState.Paused));
        command.Add(CreateChange("resume", "Let a paused or failed job go on.", JobState.Queued));
        command.Add(CreateChange("cancel", "End a job; what it did stays done.", JobState.Cancelled));
        return command;
    }

    private static CliCommand CreateList()
    {
        var command = new CliCommand("list", "List jobs, the oldest first; finished ones are kept for a while.")
        {
            Prints = "ID<tab>kind<tab>state<tab>looked at/of<tab>what came of it",
            Examples = [("cimstore jobs list", "all"), ("cimstore jobs list --json", "for a program")],
            Exits = [ExitCode.LocationFailed, ExitCode.InUse],
        };
        command.Runs(async (session, token) =>
        {
            var store = await session.OpenAsync(token);
            foreach (var job in await store.Operator.ListJobsAsync(token))
            {
                JobRun.Tell(session, job);
            }

            return ExitCode.Ok;
        });
        return command;
    }

    private static CliCommand CreateWatch()
    {
        var command = new CliCommand("watch", "Stay with a job of a node until it is over or paused.")
        {
            Prints = "As list, once, at its end.",
            Examples = [("cimstore jobs watch ID", "its progress, and what came of it")],
            Exits = [ExitCode.NotWell, ExitCode.NotFound, ExitCode.Refused, ExitCode.LocationFailed],
        };
        command.Add(Id);
        command.Runs(async (session, token) =>
        {
            var store = await session.OpenAsync(token);
            return store.IsShared
                ? await JobRun.FollowAsync(
                    session, store, await FindAsync(session, session.Value(Id), token), token)
                : throw new CliException(
                    ExitCode.Refused, $"No node serves {store.Where}, so no job runs there: 'cimstore jobs run' does.");
        });
        return command;
    }

    private static CliCommand CreateRun()
    {
        var command = new CliCommand("run", "Run jobs of a directory that no node serves; a node does it by itself.")
        {
            Prints = "As list: the job that was named, or all that are there afterwards. Each is tried once: with\n"
                + "something left the exit code is 1, and the job stays queued for the next 'jobs run' or a node.",
            Examples =
            [
                ("cimstore jobs run ID", "go on with one that was interrupted"),
                ("cimstore jobs run", "whatever is due"),
            ],
            Exits = [ExitCode.NotWell, ExitCode.NotFound, ExitCode.Refused, ExitCode.LocationFailed, ExitCode.InUse],
        };
        command.Add(OptionalId);
        command.Runs(async (session, token) =>
        {
            var store = await session.OpenAsync(token);
            var jobs = store.Jobs();
            if (session.Value(OptionalId) is { } named)
            {
                return await JobRun.FollowAsync(session, store, await FindAsync(session, named, token), token);
            }

            await jobs.RunDueAsync(token);
            var isWell = true;
            foreach (var job in await store.Operator.ListJobsAsync(token))
            {
                JobRun.Tell(session, job);
                isWell &= job.State != JobState.Failed && job is not { State: JobState.Queued, Left: > 0 };
            }

            return isWell ? ExitCode.Ok : ExitCode.NotWell;
        });
        return command;
    }

    private static CliCommand CreateChange(string name, string description, JobState state)
    {
        var command = new CliCommand(name, description)
        {
            Prints = "As list, when nothing of it runs any more.",
            Examples = [($"cimstore jobs {name} ID", description)],
            Exits = [ExitCode.NotFound, ExitCode.Refused, ExitCode.LocationFailed, ExitCode.InUse],
        };
        command.Add(Id);
        command.Runs(async (session, token) =>
        {
            var store = await session.OpenAsync(token);
            var id = await FindAsync(session, session.Value(Id), token);
            return JobRun.Tell(session, await store.Operator.ChangeJobAsync(id, state, token));
        });
        return command;
    }

    private static async ValueTask<MessageId> FindAsync(
        CliSession session, string? text, CancellationToken cancellationToken)
    {
        var store = await session.OpenAsync(cancellationToken);
        return Guid.TryParseExact(text, "D", out var id)
            && await store.Operator.FindJobAsync(new MessageId(id), cancellationToken) is { } job
            ? job.Id
            : throw CliException.NotFound(
                $"There is no job {LineEscape.Escape(text ?? "")} here: 'cimstore jobs list' shows those that are.");
    }
}
