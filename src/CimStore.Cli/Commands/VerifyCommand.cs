using System.CommandLine;
using CimStore.Cli.Json;
using CimStore.Cli.Storage;
using CimStore.Cli.Terminal;
using CimStore.Content;
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

    /// <summary>What is verified at once shares the sync of what it journals; 16 x 1 MiB of buffers.</summary>
    private const int AtOnceMax = 16;

    public static CliCommand Create()
    {
        var command = new CliCommand(
            "verify", "Read every copy of content from its medium and prove it against its CID.")
        {
            Prints = "CID<tab>ok|bad|missing, and for a bad copy its location and what is wrong. When everything is\n"
                + "verified, the good ones are printed with --verbose and --json only.",
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
            shape =>
            {
                if (printsGood || shape.State != "ok")
                {
                    Print(session, shape);
                }
            },
            cancellationToken);
        session.Out.Flush();
        session.Say($"{tally.Good} verified ({Sizes.Of(tally.Bytes)}), {tally.Bad} bad, {tally.Missing} missing");
        return tally.Bad + tally.Missing == 0 ? ExitCode.Ok : ExitCode.NotWell;
    }

    /// <param name="session">Whose clock and terminal show the progress.</param>
    /// <param name="client">The store.</param>
    /// <param name="cids">Null for everything.</param>
    /// <param name="tell">Gets each result.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<VerifyTally> VerifyAsync(
        CliSession session, IStorageClient client, IEnumerable<Cid>? cids, Action<VerifiedJson> tell,
        CancellationToken cancellationToken)
    {
        var tally = new VerifyTally();
        using var progress = new Progress(session, "verified");
        var answers = Overlapping.AskAsync(
            ChooseAsync(client, cids, cancellationToken),
            async one => (one.Cid, one.SizeBytes, await client.VerifyAsync(one.Cid, cancellationToken)),
            AtOnceMax, cancellationToken);
        await foreach (var (cid, size, result) in answers)
        {
            var shape = result is null ? new VerifiedJson(cid.ToString(), "missing", []) : Shape.Of(result);
            tally.Count(shape.State, size);
            progress.Add(1, size);
            tell(shape);
        }

        return tally;
    }

    private static async IAsyncEnumerable<(Cid Cid, long SizeBytes)> ChooseAsync(
        IStorageClient client, IEnumerable<Cid>? cids,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (cids is null)
        {
            await foreach (var record in client.ListAsync(null, cancellationToken))
            {
                yield return (record.Key.Cid, record.SizeBytes);
            }

            yield break;
        }

        foreach (var cid in cids)
        {
            var record = await client.StatAsync(cid, cancellationToken);
            yield return (cid, record?.SizeBytes ?? 0);
        }
    }

    /// <summary>What is wrong with which copy; empty when nothing is.</summary>
    public static string Wrong(VerifiedJson shape) => string.Join("; ", shape.Copies.Where(copy => !copy.IsRight)
        .Select(copy => $"{copy.Location}: {copy.Detail?.ReplaceLineEndings(" ")}"));

    private static void Print(CliSession session, VerifiedJson shape)
    {
        if (session.IsJson)
        {
            session.Out.Json(shape, CliJson.Default.VerifiedJson);
            return;
        }

        var wrong = Wrong(shape);
        session.Out.Line($"{shape.Cid}\t{shape.State}{(wrong.Length > 0 ? "\t" + wrong : "")}");
    }
}
