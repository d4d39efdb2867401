namespace CimStore.Cli.Terminal;

/// <summary>Ends the command with one line of explanation and the exit code that says which kind it is.</summary>
internal sealed class CliException(int exitCode, string message, Exception? inner = null) : Exception(message, inner)
{
    public int ExitCode { get; } = exitCode;

    public static CliException Usage(string message) => new(Terminal.ExitCode.Usage, message);

    public static CliException NotFound(string message) => new(Terminal.ExitCode.NotFound, message);
}
