using CimStore.Cli.Terminal;

namespace CimStore.Cli.Commands;

internal static class EventsCommand
{
    public static CliCommand Create() => new("events", "Not yet.") { Examples = [("cimstore events", "not yet")] };
}
