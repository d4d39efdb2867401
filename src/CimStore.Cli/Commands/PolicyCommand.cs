using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using CimStore.Cli.Json;
using CimStore.Cli.Simulation;
using CimStore.Cli.Terminal;
using CimStore.Policies;
using CimStore.Server.Configuration;

namespace CimStore.Cli.Commands;

/// <summary>`cimstore policy`: which migration policies there are, whether one is well, and what it would do.</summary>
internal static class PolicyCommand
{
    private static readonly Argument<string?> Named = new("NAME")
    {
        Description = "The policy to show; none lists them all",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Argument<string> Checked = new("FILE")
    {
        Description = "One policy, a list of them, or a configuration file",
    };

    public static CliCommand Create()
    {
        var command = new CliCommand("policy", "Show, check and simulate the rules by which content changes its tier.")
        {
            Examples =
            [
                ("cimstore policy show", "which there are"),
                ("cimstore policy show adaptive > mine.jsonc", "a policy to begin with; give it a name of its own"),
                ("cimstore policy check mine.jsonc", "what is wrong with it"),
                ("cimstore policy simulate --trace trace.csv --policy adaptive --policy mine.jsonc", "compare them"),
            ],
            Exits = [ExitCode.NotWell, ExitCode.NotFound],
        };
        command.Add(CreateShow());
        command.Add(CreateCheck());
        command.Add(PolicySimulateCommand.Create());
        return command;
    }

    private static CliCommand CreateShow()
    {
        var command = new CliCommand("show", "List the migration policies, or show one with what its rules mean.")
        {
            Prints = "name<tab>version<tab>built in|of the file<tab>number of rules<tab>in force, or nothing.\n"
                + "Of one: what it means, as comments, then its JSON; both together can be read as a policy.",
            Examples =
            [
                ("cimstore policy show", "those built in"),
                ("cimstore policy show adaptive", "what the default does"),
                ("cimstore policy show --config node.json", "with those of a configuration"),
            ],
            Exits = [ExitCode.NotWell, ExitCode.NotFound],
        };
        command.Add(Named);
        command.Runs((session, _) => Task.FromResult(Show(session)));
        return command;
    }

    private static CliCommand CreateCheck()
    {
        var command = new CliCommand("check", "Check the policies of a file before a node is started with it.")
        {
            Prints = "A line for each policy, then for each error and warning, with file, line and column.",
            Examples =
            [
                ("cimstore policy check mine.jsonc", "for a person"),
                ("cimstore policy check node.json --json", "against the tiers of a configuration, for a program"),
            ],
            Exits = [ExitCode.NotWell, ExitCode.NotFound],
        };
        command.Add(Checked);
        command.Runs((session, _) => Task.FromResult(Check(session, session.Value(Checked))));
        return command;
    }

    private static int Show(CliSession session)
    {
        var catalog = PolicyCatalog.Read(session.ConfigurationFile);
        if (session.Value(Named) is { } name)
        {
            ShowOne(session, catalog, catalog.Find(name) ?? throw catalog.Unknown(name));
            return ExitCode.Ok;
        }

        foreach (var policy in catalog.All)
        {
            Print(session, catalog, policy);
        }

        return ExitCode.Ok;
    }

    private static void Print(CliSession session, PolicyCatalog catalog, MigrationPolicy policy)
    {
        if (session.IsJson)
        {
            session.Out.Json(Shape(catalog, policy), CliJson.Default.PolicyJson);
            return;
        }

        session.Out.Line(string.Create(
            CultureInfo.InvariantCulture,
            $"{LineEscape.Escape(policy.Name)}\t{policy.Version}\t{(policy.Line == 0 ? "built in" : "of the file")}\t"
                + $"{policy.Rules.Length} rules\t{(catalog.IsInForce(policy) ? "in force" : "")}"));
    }

    private static void ShowOne(CliSession session, PolicyCatalog catalog, MigrationPolicy policy)
    {
        if (session.IsJson)
        {
            session.Out.Json(Shape(catalog, policy), CliJson.Default.PolicyJson);
            return;
        }

        foreach (var line in PolicyWords.Of(policy))
        {
            session.Out.Line($"// {LineEscape.Escape(line)}");
        }

        session.Out.Line(PolicyWriter.Write(policy));
    }

    private static PolicyJson Shape(PolicyCatalog catalog, MigrationPolicy policy) => new(
        policy.Name, policy.Version, policy.Line == 0, catalog.IsInForce(policy),
        JsonElement.Parse(PolicyWriter.Write(policy)), [.. PolicyWords.Of(policy)]);

    private static int Check(CliSession session, string file)
    {
        try
        {
            var read = PolicyFile.Read(file, BlockDevice.Of);
            var catalog = new PolicyCatalog(read.Policies, read.Tiers);
            foreach (var policy in read.Policies)
            {
                Print(session, catalog, policy);
            }

            FindingLines.Print(session, read.Warnings);
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
}
