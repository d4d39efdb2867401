using System.CommandLine;
using System.CommandLine.Help;
using System.Diagnostics;
using CimStore.Cli.Terminal;

namespace CimStore.Cli.Commands;

/// <summary>Makes the commands: one alone when the command line names it first (a faster start), else all.</summary>
internal static class CommandFactory
{
    /// <summary>
    /// Not a <see cref="RootCommand"/>: that one takes its name from the assembly, and help shall say what is typed.
    /// </summary>
    public static Command CreateRoot(string? only)
    {
        var root = new Command(CommandIndex.ProgramName, "Content-addressed storage.")
        {
            new HelpOption { Description = "Show this help", Action = new HelpPage() },
            CommonOptions.Data,
            CommonOptions.Server,
            CommonOptions.Configuration,
            CommonOptions.Json,
            CommonOptions.Verbose,
            CommonOptions.ForceUnsafe,
        };
        foreach (var (_, commands) in CommandIndex.Groups)
        {
            foreach (var (name, _) in commands)
            {
                if (only is null || only == name)
                {
                    root.Add(Create(name));
                }
            }
        }

        return root;
    }

    private static CliCommand Create(string name) => name switch
    {
        "put" => PutCommand.Create(),
        "get" => GetCommand.Create(),
        "cat" => CatCommand.Create(),
        "stat" => StatCommand.Create(),
        "ls" => ListCommand.Create(),
        "rm" => RemoveCommand.Create(),
        "verify" => VerifyCommand.Create(),
        "explain" => ExplainCommand.Create(),
        "replicate" => CopiesCommand.CreateReplicate(),
        "migrate" => CopiesCommand.CreateMigrate(),
        "whereis" => WhereIsCommand.Create(),
        "name" => NameCommand.Create(),
        "import" => ImportCommand.Create(),
        "export" => ExportCommand.Create(),
        "dag" => DagCommand.Create(),
        "serve" => ServeCommand.Create(),
        "config" => ConfigCommand.Create(),
        "policy" => PolicyCommand.Create(),
        "translate" => TranslateCommand.Create(),
        "dead-letters" => DeadLettersCommand.Create(),
        "status" => StatusCommand.Create(),
        "events" => EventsCommand.Create(),
        "audit" => AuditCommand.Create(),
        "check" => CheckCommand.Create(),
        "fsck" => FsckCommand.Create(),
        "scrub" => ScrubCommand.CreateScrub(),
        "repair" => ScrubCommand.CreateRepair(),
        "debts" => DebtsCommand.Create(),
        "jobs" => JobsCommand.Create(),
        "tiers" => TiersCommand.Create(),
        "location" => LocationCommand.Create(),
        "inventory" => InventoryCommand.Create(),
        "rebuild" => RebuildCommand.Create(),
        "gc" => CollectCommand.Create(),
        "pool" => PoolCommand.Create(),
        "scavenge" => ScavengeCommand.Create(),
        "nats" => NatsCommand.Create(),
        "bench" => BenchCommand.Create(),
        "completion" => CompletionCommand.Create(),
        "version" => VersionCommand.Create(),
        _ => throw new UnreachableException($"No command is made for '{name}'."),
    };
}
