using CimStore.Cli.Json;
using CimStore.Cli.Terminal;

namespace CimStore.Cli.Commands;

/// <summary>`cimstore gc`: gives back the space of what was released.</summary>
internal static class CollectCommand
{
    public static CliCommand Create()
    {
        var command = new CliCommand("gc", "Release content whose grace is over, and give back its space (compaction).")
        {
            Prints = "How much space was given back. A node does this by itself; the command works on a directory\n"
                + "that no node serves. Content that is referred to, or still in its grace, is never touched.",
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
        var given = await store.CollectAsync(cancellationToken);
        if (session.IsJson)
        {
            session.Out.Json(new CollectedJson(given), CliJson.Default.CollectedJson);
        }
        else
        {
            session.Out.Line($"{Sizes.Of(given)} given back");
        }

        return ExitCode.Ok;
    }
}
