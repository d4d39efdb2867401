using CimStore.Engine;
using CimStore.Objects;

namespace CimStore.Testing.Memory;

/// <summary>The engine over a memory store, both on the same clock.</summary>
public static class MemoryNode
{
    public static async ValueTask<(StorageNode Node, MemoryStore Store)> OpenAsync(
        TimeProvider time, StorageNodeOptions options, CancellationToken cancellationToken)
    {
        var ids = new IdSource(time);
        var store = new MemoryStore(time, ids);
        var node = await StorageNode.OpenAsync(
            StorageNodePorts.Of(store), time, ids, options, null, cancellationToken);
        return (node, store);
    }
}
