using System.CommandLine;
using CimStore.Cli.Json;
using CimStore.Cli.Terminal;
using CimStore.Diagnostics;

namespace CimStore.Cli.Commands;

/// <summary>`cimstore debts`: what is owed to the class of content.</summary>
internal static class DebtsCommand
{
    private const int CountMax = 10_000;

    private static readonly Option<int> Limit = new("--limit")
    {
        Description = $"At most so many (1..{CountMax})",
        HelpName = "N",
        DefaultValueFactory = _ => CountMax,
    };

    public static CliCommand Create()
    {
        var command = new CliCommand("debts", "List content that owes copies or parts, the longest due first.")
        {
            Prints = "CID<tab>copies owed<tab>since<tab>tries<tab>next try<tab>why. Hopeless content has no copy that\n"
                + "proves any more: store it again from elsewhere. Exit code 1 when something is owed, or when a\n"
                + "directory is away (told on standard error): what it lacks, nobody has looked at.",
            Examples =
            [
                ("cimstore debts", "what is owed"),
                ("cimstore debts | cimstore repair -", "and make it now"),
            ],
            Exits = [ExitCode.NotWell, ExitCode.Refused, ExitCode.LocationFailed, ExitCode.InUse],
        };
        command.Add(Limit);
        command.Runs(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(CliSession session, CancellationToken cancellationToken)
    {
        var limit = session.Value(Limit);
        if (limit is < 1 or > CountMax)
        {
            throw CliException.Usage($"--limit is 1 to {CountMax}.");
        }

        var store = await session.OpenAsync(cancellationToken);
        var owed = await store.Operator.DebtsAsync(limit, cancellationToken);
        foreach (var one in owed)
        {
            if (session.IsJson)
            {
                session.Out.Json(OperatorShape.Of(one), CliJson.Default.DebtJson);
                continue;
            }

            var what = one.IsHopeless ? "hopeless" : one.CopiesOwed > 0 ? $"{one.CopiesOwed}"
                : one.Debt.LacksParts ? "parts" : "wrong";
            session.Out.Line(
                $"{one.Key.Cid}\t{what}\t{Sizes.Of(one.Debt.Since)}\t{one.Debt.Attempts}\t"
                + $"{Sizes.Of(one.Debt.NextTry)}\t{LineEscape.Escape(one.Debt.Cause)}");
        }

        var isLookedAt = await Unlooked.SayAsync(session, store, cancellationToken);
        return owed.Count == 0 && isLookedAt ? ExitCode.Ok : ExitCode.NotWell;
    }
}
