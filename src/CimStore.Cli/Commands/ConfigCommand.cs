using System.CommandLine;
using System.Globalization;
using CimStore.Cli.Json;
using CimStore.Cli.Terminal;
using CimStore.Server.Configuration;

namespace CimStore.Cli.Commands;

/// <summary>`cimstore config`: what a configuration file says, before a node is started with it.</summary>
internal static class ConfigCommand
{
    public static CliCommand Create()
    {
        var command = new CliCommand("config", "Check a configuration file before a node is started with it.")
        {
            Examples =
            [
                ("cimstore config check node.json", "what it binds, and what is wrong with it"),
                ("cimstore config schema", "the JSON Schema, for an editor"),
            ],
            Exits = [ExitCode.NotWell, ExitCode.NotFound],
        };
        command.Add(CreateCheck());
        command.Add(CreateSchema());
        return command;
    }

    private static CliCommand CreateCheck()
    {
        var file = new Argument<string>("FILE") { Description = "The file that serve --config will be given" };
        var command = new CliCommand(
            "check", "Show what a configuration file binds, its errors and its warnings; nothing is opened or made.")
        {
            Prints = "A line for each location, then for each error and warning, with file, line and column.",
            Examples =
            [
                ("cimstore config check node.json", "for a person"),
                ("cimstore config check node.json --json", "for a program"),
            ],
            Exits = [ExitCode.NotWell, ExitCode.NotFound],
        };
        command.Add(file);
        command.Runs((session, _) => Task.FromResult(Check(session, session.Value(file))));
        return command;
    }

    private static CliCommand CreateSchema()
    {
        var command = new CliCommand("schema", "Print the JSON Schema of the configuration file.")
        {
            Prints = "The schema that belongs to this version.",
            Examples = [("cimstore config schema > cimstore.schema.json", "for \"$schema\" in the file")],
        };
        command.Runs((session, _) =>
        {
            session.Out.Text(ConfigurationSchema.Text().TrimEnd('\n'), '\n');
            return Task.FromResult(ExitCode.Ok);
        });
        return command;
    }

    private static int Check(CliSession session, string file)
    {
        try
        {
            var configuration = ConfigurationFile.Read(file, BlockDevice.Of);
            Print(session, configuration.Tiers);
            FindingLines.Print(session, configuration.Warnings);
            return ExitCode.Ok;
        }
        catch (ConfigurationException refused)
        {
            FindingLines.Print(session, refused.Findings);
            return ExitCode.NotWell;
        }
        catch (ArgumentException variable)
        {
            throw new CliException(ExitCode.NotWell, variable.Message, variable);
        }
    }

    private static void Print(CliSession session, TiersConfiguration tiers)
    {
        foreach (var location in tiers.Locations)
        {
            if (session.IsJson)
            {
                session.Out.Json(Shape.Of(location), CliJson.Default.BoundLocationJson);
            }
            else
            {
                session.Out.Line(
                    $"location\t{location.Id}\t{JsonText.Of(location.Tier)}\t{location.Kind}\t{location.Medium}\t"
                        + $"{JsonText.Of(location.State)}\t{Details(location)}");
            }
        }

        var (placement, background) = (tiers.Placement, tiers.Background);
        if (session.IsJson)
        {
            session.Out.Json(Shape.Of(tiers), CliJson.Default.BoundRulesJson);
            return;
        }

        session.Out.Line($"policy\t{tiers.Policy}");
        session.Out.Line(
            $"placement\t{JsonText.Of(placement.Strategy)}\tacross each {JsonText.Of(placement.FailureDomain)}\tclass "
                + (placement.DefaultClass is { } named ? JsonText.Of(named) : "the strongest that can be had"));
        session.Out.Line(string.Create(
            CultureInfo.InvariantCulture,
            $"background\t{background.BytesPerSecondMax} B/s\t{background.MovesAtOnceMax} at once\tevery "
                + $"{background.Cycle:c}\tscrub every {background.ScrubCycle:c}"));
    }

    private static string Details(LocationConfiguration location) => location switch
    {
        LocationConfiguration.Pool pool => string.Create(
            CultureInfo.InvariantCulture,
            $"{pool.DataShards}+{pool.ParityShards} over {pool.Paths.Length} directories in {pool.Sets.Length} set(s)"),
        LocationConfiguration.Directory directory =>
            $"{LineEscape.Escape(directory.Path)} ({JsonText.Of(directory.Compression)})",
        _ => "the data directory",
    };
}
