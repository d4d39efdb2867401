namespace CimStore.Server.Tests.Cli;

/// <summary>No server: each command opens the data directory itself.</summary>
public sealed class InProcessCommandTests : CommandTests
{
    public override ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public override ValueTask DisposeAsync()
    {
        Program.Dispose();
        return ValueTask.CompletedTask;
    }
}
