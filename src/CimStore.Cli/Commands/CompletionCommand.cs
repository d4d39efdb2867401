using System.CommandLine;
using CimStore.Cli.Terminal;

namespace CimStore.Cli.Commands;

/// <summary>`cimstore completion`: a script for the shell.</summary>
internal static class CompletionCommand
{
    private static readonly Argument<string> Shell = new("SHELL") { Description = "bash, zsh or fish" };

    public static CliCommand Create()
    {
        Shell.AcceptOnlyFromAmong(CompletionScript.Shells);
        var command = new CliCommand("completion", "Print a completion script for a shell.")
        {
            Prints = "The script; nothing is installed.",
            Examples =
            [
                ("source <(cimstore completion bash)", "in ~/.bashrc"),
                ("source <(cimstore completion zsh)", "in ~/.zshrc, after compinit"),
                ("cimstore completion fish | source", "in ~/.config/fish/config.fish"),
            ],
        };
        command.Add(Shell);
        command.Runs((session, _) =>
        {
            var script = CompletionScript.For(session.Value(Shell), CommandFactory.CreateRoot(null));
            session.Out.Text(script.TrimEnd('\n'), '\n');
            return Task.FromResult(ExitCode.Ok);
        });
        return command;
    }
}
