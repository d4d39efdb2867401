using System.CommandLine;
using CimStore.Cli.Terminal;
using CimStore.Engine;

namespace CimStore.Cli.Commands;

/// <summary>`cimstore check`: is everything that was promised still true?</summary>
internal static class CheckCommand
{
    private static readonly Option<bool> Quick = new("--quick")
    {
        Description = "Do not read the bytes of the content",
    };

    public static CliCommand Create()
    {
        var command = new CliCommand("check", "Compare the records, the events and the bytes of the whole store.")
        {
            Prints = "What was looked at<tab>ok or NOT WELL<tab>what was seen:\n"
                + "store (warnings), space (the ledger adds up), events (the hash chain), log (every record proved,\n"
                + "the index and the large files are what follows from it), records (each has a verified copy),\n"
                + "content (every copy read and proved). A node is used meanwhile; it runs one check at a time.",
            Examples =
            [
                ("cimstore check", "everything"),
                ("cimstore check --quick", "all but the bytes of the content"),
                ("cimstore check --json", "one finding a line"),
            ],
            Exits = [ExitCode.NotWell, ExitCode.Refused, ExitCode.LocationFailed, ExitCode.InUse],
        };
        command.Add(Quick);
        command.Runs(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(CliSession session, CancellationToken cancellationToken)
    {
        var store = await session.OpenAsync(cancellationToken);
        var request = new CheckRequest { IsQuick = session.Value(Quick) };
        using var progress = new Progress(session, "checked");
        var isWell = await Findings.PrintAsync(
            session, store.Client.CheckAsync(request, cancellationToken), progress, reached: null);
        return isWell ? ExitCode.Ok : ExitCode.NotWell;
    }
}
