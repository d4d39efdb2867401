using CimStore.Engine;
using CimStore.Testing.Contracts;
using CimStore.Testing.Memory;

namespace CimStore.Tests.Engine;

/// <summary>The engine on memory, in real time.</summary>
public sealed class MemoryClientTests : StorageClientContract
{
    protected override TimeProvider Time => TimeProvider.System;

    protected override async ValueTask<IStorageClient> OpenAsync() =>
        (await MemoryNode.OpenAsync(Time, new StorageNodeOptions(), Token)).Node;
}
