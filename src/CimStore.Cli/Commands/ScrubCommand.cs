using System.CommandLine;
using CimStore.Cli.Json;
using CimStore.Cli.Terminal;
using CimStore.Diagnostics;
using CimStore.Engine;

namespace CimStore.Cli.Commands;

/// <summary>`cimstore scrub` and `cimstore repair`: prove copies again, and make what is owed.</summary>
internal static class ScrubCommand
{
    private static readonly Argument<string[]> Cids = new("CID")
    {
        Description = "Which contents; - reads CIDs from standard input",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private static readonly Option<bool> All = new("--all") { Description = "Everything, due or not" };

    private static readonly Option<bool> Detach = new("--detach")
    {
        Description = "Do not wait for the end; 'cimstore jobs' shows how far it is",
    };

    public static CliCommand CreateScrub()
    {
        var command = new CliCommand(
            "scrub", "Read every byte of copies from their medium, prove them, and mend what is wrong.")
        {
            Prints = "Without --all or CIDs: what is due, the longest unproved first, and then what was proved,\n"
                + "found wrong and mended; a node does that by itself. With them it is a job: its line as\n"
                + "'jobs list' prints it; where no node serves the directory it ends after one try. What stays\n"
                + "wrong is in 'cimstore debts'.",
            Examples =
            [
                ("cimstore scrub --config tiers.json", "what is due, in a directory that no node serves"),
                ("cimstore scrub --all", "everything, in a node or a directory"),
                ("cimstore scrub CID", "the copies of one content"),
            ],
            Exits = [ExitCode.NotWell, ExitCode.Refused, ExitCode.LocationFailed, ExitCode.InUse],
        };
        command.Add(Cids);
        command.Add(All);
        command.Add(Detach);
        command.Runs(async (session, token) => session.Value(All) || session.Value(Cids).Length > 0
            ? await StartAsync(session, JobKind.Scrub, session.Value(All), token)
            : await ScrubDueAsync(session, token));
        return command;
    }

    public static CliCommand CreateRepair()
    {
        var command = new CliCommand("repair", "Make the copies and parts that are owed, now.")
        {
            Prints = "A job: its line as 'jobs list' prints it. A node pays debts by itself, with growing waits\n"
                + "after each try in vain; this does not wait. Where no node serves the directory it ends after one\n"
                + "try: with something left the exit code is 1, and the job stays queued for the next 'jobs run' or\n"
                + "a node. What stays owed is in 'cimstore debts'. Exit code 1 also when a directory is away (told\n"
                + "on standard error): what it lacks, nobody has looked at.",
            Examples =
            [
                ("cimstore repair", "everything that is owed"),
                ("cimstore repair CID", "what one content owes"),
            ],
            Exits = [ExitCode.NotWell, ExitCode.Refused, ExitCode.LocationFailed, ExitCode.InUse],
        };
        command.Add(Cids);
        command.Add(Detach);
        command.Runs((session, token) => StartAsync(session, JobKind.Repair, isAll: true, token));
        return command;
    }

    private static async Task<int> StartAsync(
        CliSession session, JobKind kind, bool isAll, CancellationToken cancellationToken)
    {
        var texts = session.Value(Cids);
        if (kind == JobKind.Scrub && isAll && texts.Length > 0)
        {
            throw CliException.Usage("--all or CIDs, not both.");
        }

        var cids = await CidText.ParseAllAsync(texts, cancellationToken);
        if (texts.Length > 0 && cids.Count == 0)
        {
            return ExitCode.Ok;
        }

        return await JobRun.RunAsync(
            session, new JobArguments(kind) { Cids = [.. cids] }, session.Value(Detach), cancellationToken);
    }

    private static async Task<int> ScrubDueAsync(CliSession session, CancellationToken cancellationToken)
    {
        var store = await session.OpenAsync(cancellationToken);
        var scrubber = store.Scrubber();
        using var progress = new Progress(session, "proved");
        var started = session.Time.GetTimestamp();
        var told = new Telling(result => progress.Show("proved", result.Copies, result.BytesRead));
        var result = await scrubber.RunAsync(told, cancellationToken);
        progress.Clear();
        var seconds = Math.Max(session.Time.GetElapsedTime(started).TotalSeconds, 0.001);
        if (session.IsJson)
        {
            session.Out.Json(result, CliJson.Default.ScrubResult);
        }
        else
        {
            session.Out.Line(
                $"{result.Objects} objects, {result.Copies} copies right, {result.Wrong} wrong, {result.Repaired} "
                + $"objects mended, {result.Owing} owe still, {result.Hopeless} of them hopeless, {result.Unread} not "
                + $"looked at; {Sizes.Of(result.BytesRead)} read, {Sizes.Of((long)(result.BytesRead / seconds))}/s");
        }

        return result.Owing + result.Unread == 0 ? ExitCode.Ok : ExitCode.NotWell;
    }

    /// <summary>At once and in order; the framework's own tells from another thread, later.</summary>
    private sealed class Telling(Action<ScrubResult> tell) : IProgress<ScrubResult>
    {
        public void Report(ScrubResult value) => tell(value);
    }
}
