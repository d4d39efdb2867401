using CimStore.Cli.Terminal;

namespace CimStore.Cli.Commands;

internal static class AuditCommand
{
    public static CliCommand Create() => new("audit", "Not yet.") { Examples = [("cimstore audit", "not yet")] };
}
