using System.CommandLine;
using CimStore.Cli.Json;
using CimStore.Cli.Terminal;
using CimStore.Disk.Pool;
using CimStore.Locations;

namespace CimStore.Cli.Commands;

/// <summary>`cimstore pool`: directories of an erasure-coded pool.</summary>
internal static class PoolCommand
{
    private static readonly Argument<string> Name = new("POOL") { Description = "The pool's id in the configuration" };

    private static readonly Argument<int> Shard = new("SHARD") { Description = "Which directory of its set, from 0" };

    private static readonly Option<int> Set = new("--set") { Description = "Which set, from 0", HelpName = "N" };

    private static readonly Option<bool> Yes = new("--yes") { Description = "The directory is lost for good" };

    public static CliCommand Create()
    {
        var command = new CliCommand("pool", "Directories of an erasure-coded pool: replace a lost one, heal copies.")
        {
            Examples = [("cimstore pool heal pool", "make the shards again that copies lack")],
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
            Prints = "How many copies were healed, and each that could not be. The configuration names the new\n"
                + "directory at the lost one's place. What is killed half-way is finished by `pool heal`.",
            Examples = [("cimstore pool replace pool 3 --yes", "shard 3 of set 0 is lost; its disk is new and empty")],
            Exits = [ExitCode.Refused, ExitCode.LocationFailed, ExitCode.InUse],
        };
        command.Add(Name);
        command.Add(Shard);
        command.Add(Set);
        command.Add(Yes);
        command.Runs(async (session, token) =>
        {
            if (!session.Value(Yes))
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

            pool.Replace(set, shard);
            return await HealAsync(session, pool, token);
        });
        return command;
    }

    private static CliCommand CreateHeal()
    {
        var command = new CliCommand("heal", "Make the shards again that copies of the pool lack.")
        {
            Prints = "How many copies were healed, and each that could not be.",
            Examples = [("cimstore pool heal pool", "what a replacement left, or an outage")],
            Exits = [ExitCode.LocationFailed, ExitCode.InUse],
        };
        command.Add(Name);
        command.Runs(async (session, token) =>
            await HealAsync(session, (await session.OpenAsync(token)).Pool(session.Value(Name)), token));
        return command;
    }

    /// <summary>One hopeless copy never stops the rest.</summary>
    private static async Task<int> HealAsync(CliSession session, PoolLocation pool, CancellationToken cancellationToken)
    {
        long healed = 0;
        long hopeless = 0;
        await foreach (var (key, copy) in pool.ListIncompleteAsync(cancellationToken))
        {
            CopyCondition? condition;
            try
            {
                condition = await pool.HealAsync(key, copy, null, cancellationToken);
            }
            catch (LocationException failure)
            {
                hopeless++;
                session.Say(failure.Message);
                continue;
            }

            if (condition is { IsWhole: true })
            {
                healed++;
            }
            else if (condition is not null)
            {
                hopeless++;
                session.Say($"{key.Cid} has {condition.PartsIntact} of {condition.Parts} shards: "
                    + string.Join(" ", condition.Faults));
            }

            if (session.IsInteractive && (healed + hopeless) % 100 == 0)
            {
                session.SayMore($"{healed} healed, {hopeless} not whole");
            }
        }

        if (session.IsJson)
        {
            session.Out.Json(new HealedJson(pool.Id.Name, healed, hopeless), CliJson.Default.HealedJson);
        }
        else
        {
            session.Out.Line($"{healed} healed, {hopeless} not whole");
        }

        if (pool.DirectoriesAway is > 0 and var away)
        {
            session.Say($"{away} directories are not in use, and no copy of their set is whole without them:");
            foreach (var warning in pool.Warnings)
            {
                session.Say(warning);
            }

            return ExitCode.LocationFailed;
        }

        return hopeless == 0 ? ExitCode.Ok : ExitCode.LocationFailed;
    }
}
