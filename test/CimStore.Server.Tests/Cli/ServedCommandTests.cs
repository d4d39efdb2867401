namespace CimStore.Server.Tests.Cli;

/// <summary>Through a node.</summary>
public sealed class ServedCommandTests : CommandTests
{
    private ServedStore? _node;

    public override async ValueTask InitializeAsync()
    {
        _node = await ServedStore.StartAsync(Program);
        Program.Where = ["--server", _node.Address];
    }

    public override async ValueTask DisposeAsync()
    {
        if (_node is not null)
        {
            await _node.DisposeAsync();
        }

        Program.Dispose();
    }
}
