using System.CommandLine;
using CimStore.Cli.Json;
using CimStore.Cli.Terminal;
using CimStore.Engine;
using CimStore.Locations;

namespace CimStore.Cli.Commands;

/// <summary>`cimstore replicate` and `cimstore migrate`: copies and tiers by hand.</summary>
internal static class CopiesCommand
{
    private static readonly Argument<string[]> Cids = new("CID")
    {
        Description = "Which contents; - reads CIDs from standard input",
        Arity = ArgumentArity.OneOrMore,
    };

    private static readonly Argument<string[]> CidsOrAll = new("CID")
    {
        Description = "Which contents; - reads CIDs from standard input",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private static readonly Option<bool> All = new("--all")
    {
        Description = "Everything that has fewer, as a job; none is given up",
    };

    private static readonly Option<bool> Detach = new("--detach")
    {
        Description = "With --all: do not wait for the end; 'cimstore jobs' shows how far it is",
    };

    private static readonly Option<int> Factor = new("--factor")
    {
        Description = "How many failure domains it is to take to lose the content; with --all 1 to 3",
        HelpName = "N",
        Required = true,
    };

    private static readonly Option<string> Tier = new("--to")
    {
        Description = $"The tier ({string.Join(", ", JsonText.Words<StorageTier>())})",
        HelpName = "TIER",
        Required = true,
    };

    public static CliCommand CreateReplicate()
    {
        var command = new CliCommand(
            "replicate", "Have more or fewer copies of content, never fewer than its class needs.")
        {
            Prints = "CID<tab>effective copies<tab>locations. An erasure-coded pool counts as many copies\n"
                + "as the disks it takes to lose what is in it.",
            Examples =
            [
                ("cimstore replicate CID --factor 3", "make copies until three failure domains have to be lost"),
                ("cimstore replicate CID --factor 1", "give up what is more than the class needs"),
                ("cimstore replicate --all --factor 2", "a job that makes what lacks, for everything"),
            ],
            Exits = [ExitCode.NotWell, ExitCode.NotFound, ExitCode.Refused, ExitCode.LocationFailed, ExitCode.InUse],
        };
        command.Add(CidsOrAll);
        command.Add(Factor);
        command.Add(All);
        command.Add(Detach);
        command.Runs((session, token) => session.Value(All) == session.Value(CidsOrAll).Length > 0
            ? throw CliException.Usage("Name CIDs, or --all for everything.")
            : session.Value(All)
            ? JobRun.RunAsync(
                session, new JobArguments(JobKind.Replicate) { Copies = session.Value(Factor) },
                session.Value(Detach), token)
            : RunAsync(
                session, CidsOrAll,
                (client, cid) => client.ReplicateAsync(
                    cid, new ReplicateRequest(session.Value(Factor), CommandIdentity.None), token),
                token));
        return command;
    }

    public static CliCommand CreateMigrate()
    {
        Tier.AcceptOnlyFromAmong(StringComparer.OrdinalIgnoreCase, JsonText.Words<StorageTier>());
        var command = new CliCommand("migrate", "Move content to a tier now; the policy may move it again.")
        {
            Prints = "CID<tab>effective copies<tab>locations. The copy is made and proved first; what the\n"
                + "class does not need elsewhere is given up afterwards.",
            Examples =
            [
                ("cimstore migrate CID --to warm", "into the pool"),
                ("cimstore ls | cimstore migrate - --to cold", "everything"),
            ],
            Exits = [ExitCode.NotFound, ExitCode.Refused, ExitCode.LocationFailed, ExitCode.InUse],
        };
        command.Add(Cids);
        command.Add(Tier);
        command.Runs((session, token) => RunAsync(
            session, Cids,
            (client, cid) => client.MigrateAsync(
                cid, new MigrateRequest(JsonText.Parse<StorageTier>(session.Value(Tier)), CommandIdentity.None), token),
            token));
        return command;
    }

    private static async Task<int> RunAsync(
        CliSession session, Argument<string[]> which, Func<IStorageClient, Content.Cid, ValueTask<CopiesResult>> run,
        CancellationToken cancellationToken)
    {
        var cids = await CidText.ParseAllAsync(session.Value(which), cancellationToken);
        var store = await session.OpenAsync(cancellationToken);
        foreach (var cid in cids)
        {
            var result = await run(store.Client, cid);
            var locations = result.Replicas.Select(copy => copy.Location.Name).ToArray();
            if (session.IsJson)
            {
                var json = new CopiesJson(
                    cid.ToString(), JsonText.Of(result.Tier), result.EffectiveCopies, locations, result.CopiesOwed,
                    result.Changed);
                session.Out.Json(json, CliJson.Default.CopiesJson);
            }
            else
            {
                session.Out.Line($"{cid}\t{result.EffectiveCopies}\t{string.Join(',', locations)}");
            }
        }

        return ExitCode.Ok;
    }
}
