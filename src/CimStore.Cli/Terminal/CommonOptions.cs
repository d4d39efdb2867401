using System.CommandLine;

namespace CimStore.Cli.Terminal;

/// <summary>Options that every command takes, before or after its name.</summary>
internal static class CommonOptions
{
    public static readonly Option<string?> Data = new("--data")
    {
        Description = "The data directory (else $CIMSTORE_DATA, else ~/.local/share/cimstore)",
        HelpName = "DIR",
        Recursive = true,
    };

    public static readonly Option<string?> Server = new("--server")
    {
        Description = "Ask this node instead of opening the data directory (also $CIMSTORE_SERVER)",
        HelpName = "URL",
        Recursive = true,
    };

    public static readonly Option<string?> Configuration = new("--config")
    {
        Description = "The JSON file that binds locations and sets the node up (also $CIMSTORE_CONFIG)",
        HelpName = "FILE",
        Recursive = true,
    };

    public static readonly Option<bool> Json = new("--json")
    {
        Description = "Machine-readable output: one JSON value a line",
        Recursive = true,
    };

    public static readonly Option<bool> Verbose = new("--verbose")
    {
        Description = "Say more on standard error; stack traces of defects",
        Recursive = true,
    };

    public static readonly Option<bool> ForceUnsafe = new("--force-unsafe")
    {
        Description = "Accept a data directory that cannot keep promises (overlayfs, tmpfs, network)",
        Recursive = true,
    };
}
