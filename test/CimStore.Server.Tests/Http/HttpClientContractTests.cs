using CimStore.Engine;
using CimStore.Testing.Contracts;
using Xunit;

namespace CimStore.Server.Tests.Http;

/// <summary>The HTTP client does what every client does.</summary>
[Trait("row", "J7")]
public sealed class HttpClientContractTests : StorageClientContract
{
    private RunningNode? _node;

    protected override TimeProvider Time => TimeProvider.System;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (_node is not null)
        {
            await _node.DisposeAsync();
        }
    }

    protected override async ValueTask<IStorageClient> OpenAsync()
    {
        _node = await RunningNode.StartAsync();
        return _node.Client;
    }
}
