using System.CommandLine;
using CimStore.Cli.Json;
using CimStore.Cli.Storage;
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

    private static readonly Option<bool> Pause = new("--pause")
    {
        Description = "Of a node: move nothing and pay no debts until it is resumed, or starts anew",
    };

    private static readonly Option<bool> Resume = new("--resume") { Description = "Of a node: go on after --pause" };

    public static CliCommand Create()
    {
        var command = new CliCommand(
            "scavenge", "Move what the policy says is due, and pay the copies that are owed.")
        {
            Prints = "What was looked at, moved and copied, and of what was not moved how many for which reason:\n"
                + "location-away, location-full, location-busy, no-location, region-denied, release-gate (the\n"
                + "old copy may not go yet), failed. What the rate holds up is moved, later; it is no reason.\n"
                + "With --dry-run a planned move a line: CID, from, to, why.\n"
                + "A node does this by itself; the command works on a directory that no node serves, with the\n"
                + "configuration that binds its locations.",
            Examples =
            [
                ("cimstore scavenge --config tiers.json", "one cycle"),
                ("cimstore scavenge --config tiers.json --dry-run", "what it would do"),
                ("cimstore scavenge --pause", "while a node is needed for something else; --resume lets it go on"),
                ("CIMSTORE_CLOCK=+30d cimstore scavenge --config tiers.json --dry-run", "and in thirty days"),
            ],
            Exits = [ExitCode.Refused, ExitCode.LocationFailed, ExitCode.InUse],
        };
        command.Add(DryRun);
        command.Add(Pause);
        command.Add(Resume);
        command.Runs(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(CliSession session, CancellationToken cancellationToken)
    {
        var store = await session.OpenAsync(cancellationToken);
        if (session.Value(Pause) || session.Value(Resume))
        {
            return await PauseAsync(session, store, cancellationToken);
        }

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
                $"{cycle.Looked} due, {cycle.Moved} moved, {cycle.NotMoved} not{Why(cycle.NotMovedBecause)}; "
                + $"{cycle.DebtsPaid} debts paid, {cycle.DebtsLeft} left");
            Say(session, cycle);
        }

        return cycle.NotMoved + cycle.DebtsLeft == 0 ? ExitCode.Ok : ExitCode.LocationFailed;
    }

    /// <summary>What is no number of everyday cycles.</summary>
    private static void Say(CliSession session, CycleResult cycle)
    {
        if (cycle.StayedBecause.Count > 0)
        {
            session.Say($"{cycle.StayedBecause.Values.Sum()} due stay where they are{Why(cycle.StayedBecause)}");
        }

        if (cycle.Evicted > 0)
        {
            session.Say($"{cycle.Evicted} copies given up at locations that were full");
        }
    }

    private static string Why(IReadOnlyDictionary<string, int> counts) => counts.Count == 0
        ? "" : $" ({string.Join(", ", counts.Select(static reason => $"{reason.Value} {reason.Key}"))})";

    private static async Task<int> PauseAsync(
        CliSession session, StoreConnection store, CancellationToken cancellationToken)
    {
        if (session.Value(Pause) == session.Value(Resume))
        {
            throw CliException.Usage("--pause or --resume, not both.");
        }

        if (!store.IsShared)
        {
            throw new CliException(
                ExitCode.Refused, $"No node serves {store.Where}, so nothing moves there by itself.");
        }

        await store.Operator.PauseAsync(session.Value(Pause), cancellationToken);
        return ExitCode.Ok;
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
