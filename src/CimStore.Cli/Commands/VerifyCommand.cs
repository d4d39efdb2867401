using System.CommandLine;
using CimStore.Cli.Json;
using CimStore.Cli.Storage;
using CimStore.Cli.Terminal;
using CimStore.Content;
using CimStore.Diagnostics;
using CimStore.Engine;

namespace CimStore.Cli.Commands;

/// <summary>`cimstore verify`: reads every copy from its medium and proves it.</summary>
internal static class VerifyCommand
{
    private static readonly Argument<string[]> Cids = new("CID")
    {
        Description = "What to verify; - reads CIDs from standard input; nothing given: everything",
        Arity = ArgumentArity.ZeroOrMore,
    };

    public static CliCommand Create()
    {
        var command = new CliCommand(
            "verify", "Read every copy of content from its medium and prove it against its CID.")
        {
            Prints = "CID<tab>ok|bad|unread|missing, and for a bad copy its location and what is wrong, for one that\n"
                + "could not be looked at (unread) why. When everything is verified, the good ones are printed\n"
                + "with --verbose and --json only.",
            Examples =
            [
                ("cimstore verify", "the whole store"),
                ("cimstore verify CID", "one content"),
                ("cimstore put -r ~/documents | cimstore verify -", "what was just stored"),
            ],
            Exits = [ExitCode.NotWell, ExitCode.LocationFailed, ExitCode.InUse],
        };
        command.Add(Cids);
        command.Runs(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(CliSession session, CancellationToken cancellationToken)
    {
        var named = await CidText.ParseAllAsync(session.Value(Cids), cancellationToken);
        var isAll = session.Value(Cids).Length == 0;
        var store = await session.OpenAsync(cancellationToken);
        var printsGood = !isAll || session.IsVerbose || session.IsJson;
        var tally = await VerifyAsync(
            session, store.Client, isAll ? null : named,
            (shape, wrong) =>
            {
                if (printsGood || shape.State != "ok")
                {
                    Print(session, shape, wrong);
                }
            },
            cancellationToken);
        session.Out.Flush();
        session.Say(
            $"{tally.Good} verified ({Sizes.Of(tally.Bytes)}), {tally.Bad} bad, {tally.Missing} missing, "
            + $"{tally.Unread} unread");
        return ExitOf(tally, isOne: named.Count == 1);
    }

    /// <summary>Where one was named its failure has its own code; of many the rest is done.</summary>
    private static int ExitOf(VerifyTally tally, bool isOne) => tally switch
    {
        { Bad: 0, Missing: 0, Unread: 0 } => ExitCode.Ok,
        { Unread: > 0 } when isOne => ExitCode.LocationFailed,
        _ => ExitCode.NotWell,
    };

    /// <param name="session">Whose clock and terminal show the progress.</param>
    /// <param name="client">The store.</param>
    /// <param name="cids">Null for everything.</param>
    /// <param name="tell">Gets each result.</param>
    /// <param name="cancellationToken">Stops it.</param>
    private static async Task<VerifyTally> VerifyAsync(
        CliSession session, IStorageClient client, IEnumerable<Cid>? cids, Action<VerifiedJson, string> tell,
        CancellationToken cancellationToken)
    {
        var tally = new VerifyTally();
        using var progress = new Progress(session, "verified");
        var answers = cids is null
            ? AllContents.VerifyAsync(client, cancellationToken)
            : VerifyNamedAsync(client, cids, cancellationToken);
        await foreach (var (cid, size, result) in answers)
        {
            var shape = result is null ? new VerifiedJson(cid.ToString(), "missing", []) : Shape.Of(result);
            tally.Count(shape.State, size);
            progress.Add(1, size);
            tell(shape, result is null ? "" : NodeCheck.Wrong(result));
        }

        return tally;
    }

    private static IAsyncEnumerable<(Cid Cid, long SizeBytes, VerifyResult? Result)> VerifyNamedAsync(
        IStorageClient client, IEnumerable<Cid> cids, CancellationToken cancellationToken) => Overlapping.AskAsync(
            cids.ToAsyncEnumerable(),
            async cid =>
            {
                var record = await client.StatAsync(cid, cancellationToken);
                return (cid, record?.SizeBytes ?? 0, await client.VerifyAsync(cid, cancellationToken));
            },
            AllContents.AtOnceMax, cancellationToken);

    private static void Print(CliSession session, VerifiedJson shape, string wrong)
    {
        if (session.IsJson)
        {
            session.Out.Json(shape, CliJson.Default.VerifiedJson);
            return;
        }

        session.Out.Line($"{shape.Cid}\t{shape.State}{(wrong.Length > 0 ? "\t" + wrong : "")}");
    }
}
