using CimStore.Cli.Terminal;

namespace CimStore.Cli.Commands;

internal static class BenchCommand
{
    public static CliCommand Create() => new("bench", "Not yet.") { Examples = [("cimstore bench", "not yet")] };
}
