using System.CommandLine;
using CimStore.Cli.Json;
using CimStore.Cli.Terminal;
using CimStore.Diagnostics;
using CimStore.Disk.Pool;
using CimStore.Locations;

namespace CimStore.Cli.Commands;

/// <summary>`cimstore pool`: directories of an erasure-coded pool.</summary>
internal static class PoolCommand
{
    private static readonly Argument<string> Name = new("POOL") { Description = "The pool's id in the configuration" };

    private static readonly Argument<int> Shard = new("SHARD") { Description = "Which directory of its set, from 0" };

    private static readonly Option<int> Set = new("--set") { Description = "Which set, from 0", HelpName = "N" };

    private static readonly Option<bool> DryRun = new("--dry-run")
    {
        Description = "Say how many copies would get a shard again; write nothing",
    };

    private static readonly Option<bool> Yes = new("--yes") { Description = "The directory is lost for good" };

    public static CliCommand Create()
    {
        var command = new CliCommand("pool", "Directories of an erasure-coded pool: replace a lost one, heal copies.")
        {
            Examples =
            [
                ("cimstore pool replace pool 3 --dry-run", "what a new disk in the place of shard 3 would get"),
                ("cimstore pool replace pool 3 --yes", "shard 3 of set 0 is lost; its disk is new and empty"),
                ("cimstore pool heal pool", "make the shards again that copies lack"),
            ],
            Exits = [ExitCode.NotWell, ExitCode.Refused, ExitCode.LocationFailed, ExitCode.InUse],
        };
        command.Add(CreateReplace());
        command.Add(CreateHeal());
        return command;
    }

    private static CliCommand CreateReplace()
    {
        var command = new CliCommand(
            "replace", "Take an empty directory in the place of a lost one, and make its shards again.")
        {
            Prints = "How many copies were healed; on standard error each that could not be. Hopeless is one of\n"
                + "which too few shards are right: `cimstore repair` makes it from another copy. The configuration\n"
                + "names the new directory at the lost one's place. What is killed half-way is finished by\n"
                + "`pool heal`.",
            Examples =
            [
                ("cimstore pool replace pool 3 --dry-run", "how many copies and bytes that makes"),
                ("cimstore pool replace pool 3 --yes", "shard 3 of set 0 is lost; its disk is new and empty"),
            ],
            Exits = [ExitCode.NotWell, ExitCode.Refused, ExitCode.LocationFailed, ExitCode.InUse],
        };
        command.Add(Name);
        command.Add(Shard);
        command.Add(Set);
        command.Add(DryRun);
        command.Add(Yes);
        command.Runs(async (session, token) =>
        {
            if (!session.Value(Yes) && !session.Value(DryRun))
            {
                throw CliException.Usage(
                    "What the lost directory held is made again from the others: add --yes when it is lost for good.");
            }

            var pool = (await session.OpenAsync(token)).Pool(session.Value(Name));
            var (set, shard) = (session.Value(Set), session.Value(Shard));
            if (!pool.HasPlace(set, shard))
            {
                throw CliException.Usage(
                    $"The pool {pool.Id} has no shard {shard} in a set {set}: both count from 0, in the order of the "
                    + "configuration's directories.");
            }

            if (session.Value(DryRun))
            {
                return Tell(session, pool, pool.Forecast(set, shard, token));
            }

            pool.Replace(set, shard);
            return await HealAsync(session, pool, token);
        });
        return command;
    }

    private static CliCommand CreateHeal()
    {
        var command = new CliCommand("heal", "Make the shards again that copies of the pool lack.")
        {
            Prints = "How many copies were healed; on standard error each that could not be. Hopeless is one of\n"
                + "which too few shards are right: `cimstore repair` makes it from another copy.",
            Examples = [("cimstore pool heal pool", "what a replacement left, or an outage")],
            Exits = [ExitCode.NotWell, ExitCode.Refused, ExitCode.LocationFailed, ExitCode.InUse],
        };
        command.Add(Name);
        command.Runs(async (session, token) =>
            await HealAsync(session, (await session.OpenAsync(token)).Pool(session.Value(Name)), token));
        return command;
    }

    private static int Tell(CliSession session, PoolLocation pool, ReplaceForecast forecast)
    {
        if (session.IsJson)
        {
            session.Out.Json(
                new ReplaceForecastJson(
                    pool.Id.Name, forecast.Copies, forecast.SizeBytes, forecast.Hopeless, DryRun: true),
                CliJson.Default.ReplaceForecastJson);
        }
        else
        {
            session.Out.Line(
                $"{forecast.Copies} copies would get a shard of {Sizes.Of(forecast.SizeBytes)} in all; "
                + $"{forecast.Hopeless} {(forecast.Hopeless == 1 ? "is" : "are")} hopeless");
        }

        return forecast.Hopeless == 0 ? ExitCode.Ok : ExitCode.NotWell;
    }

    /// <summary>A copy that cannot be healed never stops the rest.</summary>
    private static async Task<int> HealAsync(CliSession session, PoolLocation pool, CancellationToken cancellationToken)
    {
        var (healed, notWhole, hopeless, failed) = (0L, 0L, 0L, 0L);
        await foreach (var (key, copy) in pool.ListIncompleteAsync(cancellationToken))
        {
            try
            {
                var condition = await pool.HealAsync(key, copy, null, cancellationToken);
                healed += condition is { IsWhole: true } ? 1 : 0;
                if (condition is { IsWhole: false })
                {
                    notWhole++;
                    hopeless += condition.IsReadable ? 0 : 1;
                    session.Say($"{key.Cid} has {condition.PartsIntact} of {condition.Parts} shards: "
                        + string.Join(" ", condition.Faults));
                }
            }
            catch (LocationException failure)
            {
                notWhole++;
                failed++;
                session.Say($"{key.Cid}: {failure.Message}");
            }
            catch (IntegrityException damage)
            {
                notWhole++;
                hopeless++;
                session.Say($"{key.Cid}: {damage.Message}");
            }

            if (session.IsInteractive && (healed + notWhole) % 100 == 0)
            {
                session.SayMore($"{healed} healed, {notWhole} not whole");
            }
        }

        if (session.IsJson)
        {
            session.Out.Json(new HealedJson(pool.Id.Name, healed, notWhole, hopeless), CliJson.Default.HealedJson);
        }
        else
        {
            session.Out.Line($"{healed} healed, {notWhole} not whole"
                + (hopeless > 0 ? $", {hopeless} of them hopeless" : ""));
        }

        return TellAway(session, pool) || failed > 0 ? ExitCode.LocationFailed
            : notWhole > 0 ? ExitCode.NotWell
            : ExitCode.Ok;
    }

    private static bool TellAway(CliSession session, PoolLocation pool)
    {
        if (pool.DirectoriesAway is not (> 0 and var away))
        {
            return false;
        }

        session.Say($"{away} directories are not in use, and no copy of their set is whole without them:");
        foreach (var warning in pool.Warnings)
        {
            session.Say(warning);
        }

        return true;
    }
}
