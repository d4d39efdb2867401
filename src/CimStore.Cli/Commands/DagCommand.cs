using CimStore.Cli.Terminal;

namespace CimStore.Cli.Commands;

internal static class DagCommand
{
    public static CliCommand Create() => new("dag", "Not yet.") { Examples = [("cimstore dag", "not yet")] };
}
