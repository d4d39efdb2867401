using CimStore.Cli.Commands;
using CimStore.Cli.Terminal;
using Xunit;

namespace CimStore.Server.Tests.Cli;

public sealed class CommandRunnerTests
{
    private static readonly TimeSpan HangMax = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData("serve", -1)]
    [InlineData("put", 10_000)]
    public void Only_a_node_bounds_its_own_end(string command, int milliseconds) => Assert.Equal(
        TimeSpan.FromMilliseconds(milliseconds),
        CommandRunner.Configure(CommandFactory.CreateRoot(command).Parse([command])).ProcessTerminationTimeout);

    /// <summary>The parser ends the process at once on a signal as long as it has no task to wait for.</summary>
    [Fact]
    public async Task A_command_hands_over_its_task_before_it_begins_to_work()
    {
        using var handedOver = new ManualResetEventSlim();
        var command = new CliCommand("work", "Works without ever waiting.") { Prints = "", Examples = [], Exits = [] };
        command.Runs((_, cancellationToken) =>
            Task.FromResult(handedOver.Wait(HangMax, cancellationToken) ? ExitCode.Ok : ExitCode.Defect));

        var running = command.Parse([]).InvokeAsync(cancellationToken: TestContext.Current.CancellationToken);
        handedOver.Set();

        Assert.Equal(ExitCode.Ok, await running);
    }
}
