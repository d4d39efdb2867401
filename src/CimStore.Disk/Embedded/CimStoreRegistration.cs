using System.Diagnostics.Metrics;
using CimStore.Diagnostics;
using CimStore.Engine;
using CimStore.Objects;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace CimStore.Disk.Embedded;

public static class CimStoreRegistration
{
    /// <summary>
    /// Registers <see cref="IStorageClient"/> as an engine inside this process. The data directory is opened at the
    /// first use, and closed with the container; until then no other process can open it.
    /// </summary>
    public static IServiceCollection AddCimStore(
        this IServiceCollection services, Action<DiskStoreOptions>? configureStore = null,
        Action<StorageNodeOptions>? configureNode = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        var store = new DiskStoreOptions();
        configureStore?.Invoke(store);
        var node = new StorageNodeOptions();
        configureNode?.Invoke(node);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IStorageClient>(provider => new EmbeddedClient(() => OpenAsync(
            store, node, provider.GetRequiredService<TimeProvider>(), provider.GetService<IMeterFactory>())));
        return services;
    }

    private static async ValueTask<IStorageClient> OpenAsync(
        DiskStoreOptions store, StorageNodeOptions node, TimeProvider clock, IMeterFactory? meters)
    {
        // One for both: what the engine has seen, no entry of the journal may be stamped before.
        var time = new ObservedTime(clock);

        // Not cancellable: the first caller opens for all, and must not take the opening with it.
        var opened = await DiskStore.OpenAsync(store, time, CancellationToken.None);
        try
        {
            return await StorageNode.OpenAsync(
                StorageNodePorts.Of(opened), time, new IdSource(time), node, new NodeMetrics(meters),
                CancellationToken.None);
        }
        catch
        {
            await opened.DisposeAsync();
            throw;
        }
    }
}
