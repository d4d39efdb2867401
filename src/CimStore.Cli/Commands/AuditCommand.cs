using CimStore.Cli.Json;
using CimStore.Cli.Terminal;
using CimStore.Engine;
using CimStore.Journal;

namespace CimStore.Cli.Commands;

/// <summary>`cimstore audit`: the chain of events is whole.</summary>
internal static class AuditCommand
{
    public static CliCommand Create()
    {
        var command = new CliCommand("audit", "Verify what the events say about themselves.")
        {
            Examples = [("cimstore audit verify", "the whole chain")],
            Exits = [ExitCode.NotWell, ExitCode.LocationFailed, ExitCode.InUse],
        };
        var verify = new CliCommand("verify", "Verify the hash chain of the events from the first to the last.")
        {
            Prints = "One line: how many entries are right, or which one is not.",
            Examples =
            [
                ("cimstore audit verify", "the whole chain"),
                ("cimstore audit verify --json", "for a program"),
            ],
            Exits = [ExitCode.NotWell, ExitCode.LocationFailed, ExitCode.InUse],
        };
        verify.Runs(RunAsync);
        command.Add(verify);
        return command;
    }

    private static async Task<int> RunAsync(CliSession session, CancellationToken cancellationToken)
    {
        var store = await session.OpenAsync(cancellationToken);
        var found = await NodeCheck.EventsAsync(store.Client, new WorkCount(), cancellationToken);
        return Findings.Print(session, FindingJson.Of(found))
            ? ExitCode.Ok
            : ExitCode.NotWell;
    }
}
