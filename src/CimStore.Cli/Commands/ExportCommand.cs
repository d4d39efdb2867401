using CimStore.Cli.Terminal;

namespace CimStore.Cli.Commands;

internal static class ExportCommand
{
    public static CliCommand Create() => new("export", "Not yet.") { Examples = [("cimstore export", "not yet")] };
}
