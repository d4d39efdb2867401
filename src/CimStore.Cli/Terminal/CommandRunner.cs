using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using CimStore.Cli.Commands;

namespace CimStore.Cli.Terminal;

/// <summary>
/// From the command line to the exit code: parses, runs, and turns every failure into one clear line.
/// </summary>
internal static class CommandRunner
{
    /// <summary>How long a command may clean up after Ctrl-C before the process ends anyway.</summary>
    private static readonly TimeSpan CleanUpMax = TimeSpan.FromSeconds(10);

    public static async Task<int> RunAsync(string[] args)
    {
        args = RawArguments.Restore(args is ["--version"] ? ["version"] : args);
        var only = args.Length > 0 && CommandIndex.Has(args[0]) ? args[0] : null;
        var root = CommandFactory.CreateRoot(only);

        // A leading @ is part of a file's name here, not a response file.
        var parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Action is ParseErrorAction || (parsed.Errors.Count > 0 && parsed.Action is not HelpPage))
        {
            return TellUsage(parsed);
        }

        if (parsed.CommandResult.Command.Name != "put" && args.FirstOrDefault(RawName.IsRaw) is { } raw)
        {
            Console.Error.WriteLine($"cimstore: '{LineEscape.Escape(raw)}' is not UTF-8: only put takes such a name");
            return ExitCode.Usage;
        }

        if (UnknownOption(parsed) is { } unknown)
        {
            Console.Error.WriteLine($"cimstore: '{unknown}' is no option; a file of that name is given behind --");
            Console.Error.WriteLine($"Try: {HelpPage.PathOf(parsed.CommandResult.Command)} --help");
            return ExitCode.Usage;
        }

        return await parsed.InvokeAsync(Configure(parsed));
    }

    /// <summary>A node bounds its own end: by the grace that its options give to requests in flight.</summary>
    internal static InvocationConfiguration Configure(ParseResult parsed) => new()
    {
        EnableDefaultExceptionHandler = false,
        ProcessTerminationTimeout =
            parsed.CommandResult.Command.Name == "serve" ? Timeout.InfiniteTimeSpan : CleanUpMax,
    };

    /// <summary>Gives a command its action: a session around it, closed whatever happens.</summary>
    public static void Runs(this Command command, Func<CliSession, CancellationToken, Task<int>> run) =>
        command.SetAction(async (parsed, cancellationToken) =>
        {
            // The parser learns of the action by the task it returns. A signal before that would end the process at
            // once, in the middle of what it does; so the task is returned before anything is begun.
            await Task.Yield();
            var session = new CliSession(parsed);
            try
            {
                await using (session)
                {
                    var exitCode = await run(session, cancellationToken);
                    session.Out.Flush();
                    return exitCode;
                }
            }
            catch (Exception exception)
            {
                return Failures.Tell(session, exception, cancellationToken);
            }
        });

    /// <summary>
    /// The parser takes a misspelt option for a file where files may follow; only behind -- that is what is meant.
    /// </summary>
    private static string? UnknownOption(ParseResult parsed)
    {
        if (parsed.Action is HelpPage)
        {
            return null;
        }

        var literal = parsed.Tokens.SkipWhile(token => token.Type != TokenType.DoubleDash)
            .ToHashSet(ReferenceEqualityComparer.Instance);
        return parsed.CommandResult.Children.OfType<ArgumentResult>()
            .SelectMany(argument => argument.Tokens)
            .FirstOrDefault(token => token.Value.Length > 1 && token.Value[0] == '-' && !literal.Contains(token))
            ?.Value;
    }

    /// <summary>The parser's own words, without the runtime's name of a type that it ends some of them with.</summary>
    private static IEnumerable<string> Messages(ParseResult parsed) =>
        parsed.Errors.Select(error =>
            error.Message.Split(" as expected type ") is [var what, _] ? what + "." : error.Message);

    private static int TellUsage(ParseResult parsed)
    {
        // A word that is no command is one mistake, not the want of a command besides.
        var unmatched = parsed.UnmatchedTokens.Count > 0 && parsed.CommandResult.Command.Subcommands.Count > 0;
        foreach (var error in unmatched ? [$"'{parsed.UnmatchedTokens[0]}' is no command."] : Messages(parsed))
        {
            Console.Error.WriteLine($"cimstore: {error}");
        }

        Console.Error.WriteLine($"Try: {HelpPage.PathOf(parsed.CommandResult.Command)} --help");
        return ExitCode.Usage;
    }
}
