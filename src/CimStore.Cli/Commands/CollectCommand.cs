using CimStore.Cli.Json;
using CimStore.Cli.Terminal;
using CimStore.Diagnostics;

namespace CimStore.Cli.Commands;

/// <summary>`cimstore gc`: gives back the space of what was released.</summary>
internal static class CollectCommand
{
    public static CliCommand Create()
    {
        var command = new CliCommand("gc", "Release content whose grace is over, and give back its space (compaction).")
        {
            Prints = "What was released, and how much of the log was given back. A large file's space is free when it\n"
                + "is released; a small content's when the segment of the log that holds it is mostly garbage.\n"
                + "Content that is referred to, or still in its grace, is never touched. A node does this by\n"
                + "itself, every hour; the command works on a directory that no node serves.",
            Examples = [("cimstore gc", "now"), ("cimstore gc --json", "for a program")],
            Exits = [ExitCode.LocationFailed, ExitCode.InUse],
        };
        command.Aliases.Add("compact");
        command.Runs(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(CliSession session, CancellationToken cancellationToken)
    {
        var store = await session.OpenAsync(cancellationToken);
        var collected = await store.CollectAsync(cancellationToken);
        if (session.IsJson)
        {
            var json = new CollectedJson(
                collected.ObjectsReleased, collected.BytesReleased, collected.BytesGivenBack);
            session.Out.Json(json, CliJson.Default.CollectedJson);
        }
        else
        {
            session.Out.Line(
                $"{collected.ObjectsReleased} released ({Sizes.Of(collected.BytesReleased)}), "
                + $"{Sizes.Of(collected.BytesGivenBack)} of the log given back");
        }

        return ExitCode.Ok;
    }
}
