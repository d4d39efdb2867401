using System.CommandLine;
using CimStore.Cli.Terminal;
using CimStore.Engine;

namespace CimStore.Cli.Commands;

/// <summary>`cimstore fsck`: do the catalog and the locations agree, both ways?</summary>
internal static class FsckCommand
{
    private static readonly Option<bool> Repair = new("--repair")
    {
        Description = "Make missing copies again; release what no record names and nothing needs",
    };

    private static readonly Option<bool> ReleaseUnknown = new("--release-unknown")
    {
        Description = "Release copies of content that the catalog never heard of, too; needs --yes",
    };

    private static readonly Option<bool> Yes = new("--yes") { Description = "The catalog is whole: they are garbage" };

    private static readonly Option<string?> After = new("--after")
    {
        Description = "Go on where a run was cut; it said so",
        HelpName = "CURSOR",
    };

    public static CliCommand Create()
    {
        var command = new CliCommand(
            "fsck", "Compare the catalog with what lies at every location but the log, both ways.")
        {
            Prints = "What was looked at<tab>ok, NOT WELL or unread<tab>what was seen: records (each copy that a\n"
                + "record names is there), then each location (each copy there is named by a record) with its\n"
                + "ledger. unread: nothing was found wrong, and copies are away and were not looked at (exit code\n"
                + "1). The bytes are proved by 'scrub', the log by 'check'. A node is used meanwhile, and does this\n"
                + "by itself soon after its start.",
            Examples =
            [
                ("cimstore fsck", "look"),
                ("cimstore fsck --repair", "and mend"),
                ("cimstore fsck --release-unknown --yes", "give up what no catalog ever named"),
            ],
            Exits = [ExitCode.NotWell, ExitCode.Refused, ExitCode.LocationFailed, ExitCode.InUse],
        };
        command.Add(Repair);
        command.Add(ReleaseUnknown);
        command.Add(Yes);
        command.Add(After);
        command.Runs(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(CliSession session, CancellationToken cancellationToken)
    {
        if (session.Value(ReleaseUnknown) && !session.Value(Yes))
        {
            throw CliException.Usage(
                "Unknown copies may be all that is left of a catalog that was lost ('rebuild --from' takes them in): "
                + "add --yes when they are garbage.");
        }

        var store = await session.OpenAsync(cancellationToken);
        var request = new FsckRequest
        {
            IsMending = session.Value(Repair),
            ReleasesUnknown = session.Value(ReleaseUnknown),
            After = session.Value(After),
        };
        using var progress = new Progress(session, "compared");
        string? cursor = null;
        try
        {
            var steps = store.Operator.FsckAsync(request, cancellationToken);
            return await Findings.PrintAsync(session, steps, progress, reached => cursor = reached)
                ? ExitCode.Ok : ExitCode.NotWell;
        }
        catch (Exception) when (cursor is not null)
        {
            progress.Clear();
            session.Say($"Go on with: cimstore fsck --after '{cursor}'");
            throw;
        }
    }
}
