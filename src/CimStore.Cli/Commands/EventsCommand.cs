using System.CommandLine;
using CimStore.Cli.Terminal;
using CimStore.Journal;
using CimStore.Objects;

namespace CimStore.Cli.Commands;

/// <summary>`cimstore events`: what happened, in order, and what happens next.</summary>
internal static class EventsCommand
{
    private static readonly Option<ulong> After = new("--after")
    {
        Description = "Begin behind this position (lsn)",
        HelpName = "LSN",
    };

    private static readonly Option<bool> Follow = new("--follow", "-f")
    {
        Description = "Wait for more, until Ctrl-C",
    };

    private static readonly Option<long?> Limit = new("--limit")
    {
        Description = "Stop after so many",
        HelpName = "N",
    };

    public static CliCommand Create()
    {
        var command = new CliCommand("events", "Show what happened, in order; each event is part of a hash chain.")
        {
            Prints = "lsn<tab>time<tab>type<tab>CID<tab>details; with --json the envelope of each event, one a line.",
            Examples =
            [
                ("cimstore events", "all that happened"),
                ("cimstore events --after 1000 --follow", "go on from a position, and wait for more"),
                ("cimstore events --json | jq .event_type", "for a program"),
            ],
            Exits = [ExitCode.LocationFailed, ExitCode.Corrupt, ExitCode.InUse],
        };
        command.Add(After);
        command.Add(Follow);
        command.Add(Limit);
        command.Runs(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(CliSession session, CancellationToken cancellationToken)
    {
        var left = session.Value(Limit) ?? long.MaxValue;
        var follows = session.Value(Follow);
        var store = await session.OpenAsync(cancellationToken);
        if (follows && !store.IsShared)
        {
            session.SayMore("no node serves this directory: nothing else can add events while this command runs");
        }

        var entries = store.Client.EventsAsync(new Lsn(session.Value(After)), follows, cancellationToken);
        await foreach (var entry in entries)
        {
            if (left-- <= 0)
            {
                break;
            }

            if (session.IsJson)
            {
                session.Out.Utf8(EventEnvelope.Write(entry));
            }
            else
            {
                session.Out.Line(EventLine.Of(entry));
            }

            if (follows)
            {
                session.Out.Flush();
            }

            if (left == 0)
            {
                break;
            }
        }

        return ExitCode.Ok;
    }
}
