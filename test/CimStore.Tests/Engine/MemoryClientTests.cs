using CimStore.Engine;
using CimStore.Objects;
using CimStore.Testing.Contracts;
using CimStore.Testing.Memory;

namespace CimStore.Tests.Engine;

/// <summary>The engine on memory, in real time.</summary>
public sealed class MemoryClientTests : StorageClientContract
{
    protected override TimeProvider Time => TimeProvider.System;

    protected override async ValueTask<IStorageClient> OpenAsync()
    {
        var ids = new IdSource(Time);
        return await StorageNode.OpenAsync(
            StorageNodePorts.Of(new MemoryStore(Time, ids)), Time, ids, new StorageNodeOptions(), null, Token);
    }
}
