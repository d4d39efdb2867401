using CimStore.Cli.Terminal;

namespace CimStore.Cli.Commands;

internal static class ImportCommand
{
    public static CliCommand Create() => new("import", "Not yet.") { Examples = [("cimstore import", "not yet")] };
}
