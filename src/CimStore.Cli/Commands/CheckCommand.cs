using CimStore.Cli.Terminal;

namespace CimStore.Cli.Commands;

internal static class CheckCommand
{
    public static CliCommand Create() => new("check", "Not yet.") { Examples = [("cimstore check", "not yet")] };
}
