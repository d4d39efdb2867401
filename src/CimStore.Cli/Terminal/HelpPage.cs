using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace CimStore.Cli.Terminal;

/// <summary>
/// The help page of a command: the parser's own sections, then what it prints, examples and exit codes.
/// </summary>
internal sealed class HelpPage : SynchronousCommandLineAction
{
    private readonly HelpAction _sections = new();

    public override bool ClearsParseErrors => true;

    /// <summary>The command as it is typed: <c>cimstore name set</c>.</summary>
    public static string PathOf(Command command)
    {
        var path = command.Name;
        for (var parent = Parent(command); parent is not null; parent = Parent(parent))
        {
            path = parent.Name + " " + path;
        }

        return path;
    }

    public override int Invoke(ParseResult parseResult)
    {
        if (Parent(parseResult.CommandResult.Command) is null)
        {
            return RootHelp.Print(Console.Out);
        }

        _sections.Invoke(parseResult);
        if (parseResult.CommandResult.Command is CliCommand command)
        {
            WriteMore(command, Console.Out);
        }

        return ExitCode.Ok;
    }

    private static Command? Parent(Command command) => command.Parents.OfType<Command>().FirstOrDefault();

    private static void WriteMore(CliCommand command, TextWriter output)
    {
        if (command.Prints is not null)
        {
            output.WriteLine($"Prints:\n  {command.Prints.ReplaceLineEndings("\n  ")}\n");
        }

        output.WriteLine("Examples:");
        var width = command.Examples.Max(example => example.CommandLine.Length);
        foreach (var (commandLine, effect) in command.Examples)
        {
            output.WriteLine($"  {commandLine.PadRight(width)}   # {effect}");
        }

        output.WriteLine("\nExit codes:");
        foreach (var (code, meaning) in ExitCode.All)
        {
            if (code is ExitCode.Ok or ExitCode.Usage or ExitCode.Interrupted || command.Exits.Contains(code))
            {
                output.WriteLine($"  {code,3}  {meaning}");
            }
        }
    }
}
