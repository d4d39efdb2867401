using CimStore.Disk;
using CimStore.Engine;
using CimStore.Objects;
using CimStore.Testing.Contracts;

namespace CimStore.Adapters.Tests.Store;

/// <summary>The engine on a data directory keeps the contract of every client.</summary>
public sealed class DiskClientTests : StorageClientContract
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cimstore-client-");

    protected override TimeProvider Time => TimeProvider.System;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    protected override async ValueTask<IStorageClient> OpenAsync()
    {
        var options = new DiskStoreOptions
        {
            DataDirectory = Path.Combine(_folder.FullName, "data"),
            ForceUnsafe = true,
        };
        var store = await DiskStore.OpenAsync(options, Time, Token);
        return await StorageNode.OpenAsync(
            StorageNodePorts.Of(store), Time, new IdSource(Time), new StorageNodeOptions(), null, Token);
    }
}
