using CimStore.Cli.Terminal;

namespace CimStore.Cli.Commands;

internal static class ServeCommand
{
    public static CliCommand Create() => new("serve", "Not yet.") { Examples = [("cimstore serve", "not yet")] };
}
