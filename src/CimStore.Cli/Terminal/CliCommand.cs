using System.CommandLine;

namespace CimStore.Cli.Terminal;

/// <summary>
/// A command with what its help page shows beside its options: examples and the exit codes that matter.
/// </summary>
internal sealed class CliCommand(string name, string description) : Command(name, description)
{
    /// <summary>Command lines that work as they stand, each with what it does.</summary>
    public required (string CommandLine, string Effect)[] Examples { get; init; }

    /// <summary>Exit codes beside 0, 2 and 130 that a script will meet.</summary>
    public int[] Exits { get; init; } = [];

    /// <summary>What goes to standard output, when the options do not say it.</summary>
    public string? Prints { get; init; }
}
