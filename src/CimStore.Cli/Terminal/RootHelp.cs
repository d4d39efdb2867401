using CimStore.Cli.Commands;

namespace CimStore.Cli.Terminal;

/// <summary>The first page of help: what it is, the commands by group, where to go on.</summary>
internal static class RootHelp
{
    private const int NameColumn = 14;

    public static int Print(TextWriter output)
    {
        output.Write(
            """
            cimstore: content-addressed storage. Takes bytes, names them by content (CID), keeps them durable,
            gives them back verified. Works on a data directory, and through a node when one serves it.

            Usage: cimstore COMMAND [OPTIONS]

            """);
        foreach (var (group, commands) in CommandIndex.Groups)
        {
            output.Write($"\n{group}\n");
            foreach (var (name, summary) in commands)
            {
                output.Write($"  {name.PadRight(NameColumn)}{summary}\n");
            }
        }

        output.Write(
            """

            Options of every command
              --data DIR      The data directory (else $CIMSTORE_DATA, else ~/.local/share/cimstore)
              --server URL    Ask this node instead (also $CIMSTORE_SERVER)
              --json          Machine-readable output: one JSON value a line
              --verbose       Say more on standard error
              -h, --help      Help for a command, with examples: cimstore put --help

            Examples
              cimstore put photo.jpg                   store a file; prints CID<tab>path
              cimstore put -r ~/documents              store a tree; the last line is its root
              cimstore get -r ROOT -o restored         restore it
              cimstore serve                           run a node on http://127.0.0.1:9640

            Exit codes: 0 well, 1 not well, 2 usage, 3 not found, 4 refused, 5 disk full or failed, 6 corrupt, 7 in use,
            130 interrupted. Data goes to standard output, everything else to standard error. Reference: docs/cli.md

            """);
        return ExitCode.Ok;
    }
}
