using System.CommandLine;
using CimStore.Cli.Json;
using CimStore.Cli.Terminal;
using CimStore.Diagnostics;
using CimStore.Engine;

namespace CimStore.Cli.Commands;

/// <summary>`cimstore whereis`: where the copies of content are, as their locations tell it.</summary>
internal static class WhereIsCommand
{
    private static readonly Argument<string[]> Cids = new("CID")
    {
        Description = "Which contents; - reads CIDs from standard input",
        Arity = ArgumentArity.OneOrMore,
    };

    private static readonly Option<bool> Deep = new("--deep")
    {
        Description = "Read every byte of every copy, spare parts too",
    };

    public static CliCommand Create()
    {
        var command = new CliCommand("whereis", "Say where the copies of content are, and in what state.")
        {
            Prints = "CID<tab>location<tab>tier<tab>failure domain<tab>state<tab>last proved<tab>what is there",
            Examples =
            [
                ("cimstore whereis CID", "as the locations know it"),
                ("cimstore whereis --deep CID", "after reading all of it"),
            ],
            Exits = [ExitCode.NotWell, ExitCode.NotFound, ExitCode.LocationFailed, ExitCode.InUse],
        };
        command.Add(Cids);
        command.Add(Deep);
        command.Runs(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(CliSession session, CancellationToken cancellationToken)
    {
        var cids = await CidText.ParseAllAsync(session.Value(Cids), cancellationToken);
        var store = await session.OpenAsync(cancellationToken);
        var (isWell, missing) = (true, 0);
        foreach (var cid in cids)
        {
            if (await store.Operator.WhereIsAsync(cid, session.Value(Deep), cancellationToken) is not { } copies)
            {
                missing++;
                session.Say($"{cid} is not here.");
                continue;
            }

            isWell &= copies.Count > 0 && copies.All(IsWell);
            Print(session, cid.ToString(), copies);
        }

        return missing > 0 ? cids.Count == 1 ? ExitCode.NotFound : ExitCode.NotWell
            : isWell ? ExitCode.Ok : ExitCode.NotWell;
    }

    private static bool IsWell(CopyWhereabouts copy) =>
        copy.Copy.State == Locations.CopyState.Verified
        && copy is { Fault: null, Condition: null or { IsWhole: true } } && !(copy.PartsKnown < copy.Parts);

    private static void Print(CliSession session, string cid, IReadOnlyList<CopyWhereabouts> copies)
    {
        if (session.IsJson)
        {
            session.Out.Json(OperatorShape.Of(cid, copies), CliJson.Default.WhereIsJson);
            return;
        }

        foreach (var found in copies)
        {
            var tier = found.Tier is { } known ? JsonText.Of(known) : "-";
            session.Out.Line(
                $"{cid}\t{found.Copy.Location}\t{tier}\t{LineEscape.Escape(found.Domain)}\t"
                + $"{JsonText.Of(found.Copy.State)}\t{Sizes.Of(found.Copy.VerifiedAt)}\t{Said(found)}");
        }
    }

    private static string Said(CopyWhereabouts found) => found switch
    {
        { Fault: { } fault } => LineEscape.Escape(fault),
        { Condition: { } condition } => $"{condition.PartsIntact} of {condition.Parts} parts right, "
            + $"{condition.PartsNeeded} needed" + (condition.Faults.IsDefaultOrEmpty ? "" : ": ")
            + LineEscape.Escape(string.Join(' ', condition.Faults.IsDefault ? [] : condition.Faults)),
        { Parts: 1 } => "there",
        _ => $"{found.PartsKnown} of {found.Parts} parts there, {found.PartsNeeded} needed",
    };
}
