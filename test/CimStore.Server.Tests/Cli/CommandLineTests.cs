using System.CommandLine;
using CimStore.Cli.Commands;
using CimStore.Cli.Terminal;
using Xunit;

namespace CimStore.Server.Tests.Cli;

/// <summary>What the commands say about themselves.</summary>
[Trait("row", "J1")]
public sealed class CommandLineTests : IDisposable
{
    private readonly Cimstore _cimstore = new();

    [Fact]
    public void Every_command_is_in_the_index_and_has_examples()
    {
        var root = CommandFactory.CreateRoot(null);

        var commands = Walk(root).Skip(1).ToList();

        Assert.All(commands, command => Assert.NotEmpty(Assert.IsType<CliCommand>(command).Examples));
        Assert.All(commands, command => Assert.All(
            ((CliCommand)command).Examples,
            example => Assert.Contains("cimstore " + Top(command), example.CommandLine, StringComparison.Ordinal)));
        Assert.All(root.Subcommands, command => Assert.True(CommandIndex.Has(command.Name)));
    }

    [Fact]
    public void Every_example_can_be_parsed()
    {
        var root = CommandFactory.CreateRoot(null);
        var examples =
            from command in Walk(root).OfType<CliCommand>()
            from example in command.Examples
            let words = Words(example.CommandLine)
            where words.Length > 0
            select (example.CommandLine, Result: root.Parse(words));

        Assert.All(examples, example => Assert.True(
            example.Result.Errors.Count == 0,
            $"{example.CommandLine}: {string.Join(' ', example.Result.Errors.Select(error => error.Message))}"));
    }

    [Fact]
    public async Task Help_is_the_same_with_and_without_the_option_and_groups_the_commands()
    {
        var help = (await _cimstore.RunExactlyAsync(null, "--help")).Ok();
        var none = (await _cimstore.RunExactlyAsync(null)).Ok();

        Assert.Equal(help.Text, none.Text);
        Assert.All(CommandIndex.Groups, group => Assert.Contains(group.Group, help.Text, StringComparison.Ordinal));
        Assert.Empty(help.Error);
    }

    [Fact]
    public async Task A_command_explains_itself_with_examples_and_exit_codes()
    {
        var help = (await _cimstore.RunExactlyAsync(null, "name", "set", "--help")).Ok();

        Assert.Contains("cimstore name set", help.Text, StringComparison.Ordinal);
        Assert.Contains("Examples:", help.Text, StringComparison.Ordinal);
        Assert.Contains("Exit codes:", help.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("frobnicate")]
    [InlineData("put")]
    [InlineData("put", "--frobnicate", "x")]
    [InlineData("name")]
    [InlineData("ls", "--limit", "many")]
    [InlineData("cat", "not-a-cid")]
    [InlineData("cat", "bafkr4iei6mhcn2uxj64n5e54d4pdri4ignuej5mtym3fahq46umoxg6xfa", "--range", "9-1")]
    [InlineData("put", "x", "--hash", "md5")]
    [InlineData("put", "x", "--codec", "nonsense")]
    [InlineData("stat", "--server", "ftp://x", "bafkr4iei6mhcn2uxj64n5e54d4pdri4ignuej5mtym3fahq46umoxg6xfa")]
    public async Task A_wrong_command_line_changes_nothing_and_says_why(params string[] arguments)
    {
        var result = await _cimstore.RunExactlyAsync(null, arguments);

        result.Fails(2, "cimstore");
        Assert.Empty(result.Output);
        Assert.Empty(Directory.EnumerateDirectories(_cimstore.Folder));
    }

    [Fact]
    public async Task Behind_two_dashes_everything_is_a_file()
    {
        _cimstore.Write("--odd", "x");

        var result = (await _cimstore.RunExactlyAsync(null, "put", "--only-hash", "--", "--odd")).Ok();

        Assert.EndsWith("\t--odd", result.Lines[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_version_names_the_directory_of_the_user()
    {
        var result = (await _cimstore.RunExactlyAsync(null, "version", "--json")).Ok();

        var expected = Path.Combine(_cimstore.Folder, ".local", "share", "cimstore");
        Assert.Equal(expected, result.Json.GetProperty("dataDirectory").GetString());
    }

    [Theory]
    [InlineData("bash", "complete -o default -F _cimstore cimstore")]
    [InlineData("zsh", "compdef _cimstore cimstore")]
    [InlineData("fish", "-a put")]
    public async Task A_completion_script_knows_every_command(string shell, string expected)
    {
        var script = (await _cimstore.RunExactlyAsync(null, "completion", shell)).Ok().Text;

        Assert.Contains(expected, script, StringComparison.Ordinal);
        Assert.All(
            CommandIndex.Groups.SelectMany(group => group.Commands),
            command => Assert.Contains(command.Name, script, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Hashing_only_needs_no_store_and_agrees_with_known_CIDs()
    {
        var file = _cimstore.Write("empty", "");

        var blake = (await _cimstore.RunExactlyAsync(null, "put", "--only-hash", file)).Ok();
        var sha = (await _cimstore.RunExactlyAsync(null, "put", "--only-hash", "--hash", "sha2-256", file)).Ok();

        // The BLAKE3 of nothing is af1349b9..., its SHA2-256 e3b0c442...
        Assert.Equal("bafkr4ifpcne3t5pzugtkaqcn5i3nzskjtpfslsnnyejlpte2spfoihzsmi", blake.Cid);
        Assert.Equal("bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku", sha.Cid);
        Assert.Empty(Directory.EnumerateDirectories(_cimstore.Folder));
    }

    [Theory]
    [InlineData("frobnicate", "cimstore: 'frobnicate' is no command.")]
    [InlineData("name frobnicate", "cimstore: 'frobnicate' is no command.")]
    [InlineData("ls --limit x", "cimstore: Cannot parse argument 'x' for option '--limit'.")]
    public async Task A_mistake_is_told_in_one_line_for_a_person(string arguments, string expected)
    {
        var result = (await _cimstore.RunExactlyAsync(null, arguments.Split(' '))).Fails(2, expected);

        Assert.Equal(expected, result.Error.Split('\n')[0]);
        Assert.StartsWith("Try: cimstore", result.Error.Split('\n')[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_version_is_told_to_whoever_asks_by_an_option() => Assert.Equal(
        (await _cimstore.RunExactlyAsync(null, "version")).Ok().Text,
        (await _cimstore.RunExactlyAsync(null, "--version")).Ok().Text);

    [Fact]
    public async Task A_directory_that_is_not_there_is_named_and_not_the_temporary_file()
    {
        var cid = (await _cimstore.RunAsync("put", _cimstore.Write("file", "x"))).Ok().Cid;

        var result = await _cimstore.RunAsync("get", cid, "-o", "/nonexistent/x");

        result.Fails(3, "There is no directory /nonexistent ");
    }

    public void Dispose() => _cimstore.Dispose();

    private static IEnumerable<Command> Walk(Command command) => command.Subcommands.SelectMany(Walk).Prepend(command);

    private static string Top(Command command)
    {
        var path = HelpPage.PathOf(command).Split(' ');
        return path[1];
    }

    /// <summary>The words behind `cimstore` up to the next shell operator; none when the shell writes them.</summary>
    private static string[] Words(string commandLine)
    {
        var start = commandLine.IndexOf("cimstore ", StringComparison.Ordinal);
        var words = commandLine[(start + "cimstore ".Length)..].TrimEnd(')').Split(' ');
        return commandLine.Contains("$(", StringComparison.Ordinal)
            ? []
            : [.. words.TakeWhile(word => word is not ("|" or "<" or ">" or ">>" or "#"))];
    }
}
