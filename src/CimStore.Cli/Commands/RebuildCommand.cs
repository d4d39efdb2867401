using CimStore.Cli.Terminal;

namespace CimStore.Cli.Commands;

internal static class RebuildCommand
{
    public static CliCommand Create() => new("rebuild", "Not yet.") { Examples = [("cimstore rebuild", "not yet")] };
}
