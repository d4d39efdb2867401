using System.CommandLine;
using CimStore.Cli.Json;
using CimStore.Cli.Terminal;
using CimStore.Engine;

namespace CimStore.Cli.Commands;

/// <summary>`cimstore scavenge`: one cycle of what a node does by itself.</summary>
internal static class ScavengeCommand
{
    private const int RehearsedMax = 1000;

    private static readonly Option<bool> DryRun = new("--dry-run")
    {
        Description = "Say what would move, and why; move nothing",
    };

    public static CliCommand Create()
    {
        var command = new CliCommand(
            "scavenge", "Move what the policy says is due, and pay the copies that are owed.")
        {
            Prints = "What was looked at, moved and copied. With --dry-run a planned move a line: CID, from, to, why.\n"
                + "A node does this by itself; the command works on a directory that no node serves, with the\n"
                + "configuration that binds its locations.",
            Examples =
            [
                ("cimstore scavenge --config tiers.json", "one cycle"),
                ("cimstore scavenge --config tiers.json --dry-run", "what it would do"),
                ("CIMSTORE_CLOCK=+30d cimstore scavenge --config tiers.json --dry-run", "and in thirty days"),
            ],
            Exits = [ExitCode.Refused, ExitCode.LocationFailed, ExitCode.InUse],
        };
        command.Add(DryRun);
        command.Runs(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(CliSession session, CancellationToken cancellationToken)
    {
        var store = await session.OpenAsync(cancellationToken);
        var scavenger = store.Scavenger();
        if (session.Value(DryRun))
        {
            Print(session, await scavenger.RehearseAsync(RehearsedMax, cancellationToken));
            return ExitCode.Ok;
        }

        var cycle = await scavenger.RunAsync(cancellationToken);
        if (session.IsJson)
        {
            session.Out.Json(cycle, CliJson.Default.CycleResult);
        }
        else
        {
            session.Out.Line(
                $"{cycle.Looked} due, {cycle.Moved} moved, {cycle.NotMoved} not; {cycle.DebtsPaid} debts paid, "
                + $"{cycle.DebtsLeft} left");
        }

        return cycle.NotMoved + cycle.DebtsLeft == 0 ? ExitCode.Ok : ExitCode.LocationFailed;
    }

    private static void Print(CliSession session, IReadOnlyList<PlannedMove> plan)
    {
        foreach (var move in plan)
        {
            if (session.IsJson)
            {
                var json = new PlannedMoveJson(
                    move.Key.Cid.ToString(), JsonText.Of(move.From), JsonText.Of(move.To), move.Rule, move.Reason);
                session.Out.Json(json, CliJson.Default.PlannedMoveJson);
            }
            else
            {
                session.Out.Line($"{move.Key.Cid} {JsonText.Of(move.From)} -> {JsonText.Of(move.To)}: {move.Reason}");
            }
        }
    }
}
