using CimStore.Cli.Terminal;

namespace CimStore.Cli.Commands;

internal static class CollectCommand
{
    public static CliCommand Create() => new("gc", "Not yet.") { Examples = [("cimstore gc", "not yet")] };
}
