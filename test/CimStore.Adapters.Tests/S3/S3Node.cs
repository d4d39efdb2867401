using CimStore.Disk.Cold;
using CimStore.Engine;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Policies;
using CimStore.S3;
using CimStore.Testing.Contracts;
using CimStore.Testing.Memory;

namespace CimStore.Adapters.Tests.S3;

/// <summary>The engine over a store in memory, a bucket behind it, and a location in memory behind that.</summary>
internal sealed class S3Node : IAsyncDisposable
{
    public static readonly LocationId Cloud = new("cloud");
    public static readonly LocationId Last = new("last");

    private readonly S3Location _bucket;

    private S3Node(StorageNode node, S3Location bucket) => (Node, _bucket) = (node, bucket);

    public StorageNode Node { get; }

    /// <summary>With a store of its own, which knows nothing yet.</summary>
    public static async Task<S3Node> OpenAsync(S3Folder folder, bool compresses = false)
    {
        // Warmer than the one behind it: it is read first.
        folder.Options.Traits = folder.Options.Traits with { Tier = StorageTier.Warm };
        var bucket = await folder.OpenAsync();
        var time = TimeProvider.System;
        var store = new MemoryStore(time, new IdSource(time), "hot");
        var last = MemoryTiers.Make(Last.Name, StorageTier.Cold, time);
        var options = new StorageNodeOptions();
        options.Cache.SizeMaxBytes = 0;
        var ports = StorageNodePorts.Of(store) with
        {
            Locations = [store, compresses ? new CompressingLocation(bucket) : bucket, last],
            Tiers = new TierSettings(MigrationPolicies.SeedV1, new MemoryDueIndex())
            {
                Placement = new PlacementOptions { FreeBytesMin = 0 },
            },
        };
        var node = await StorageNode.OpenAsync(ports, time, new IdSource(time), options, null, default);
        return new S3Node(node, bucket);
    }

    /// <summary>Stores it and moves it into the bucket; of several copies the others lie behind it.</summary>
    public async Task<ContentKey> StoreAsync(
        byte[] content, CancellationToken cancellationToken, int copies = 1, StoreRequest? request = null)
    {
        request = (request ?? StoreRequest.Default) with { Class = DurabilityClass.Ephemeral };
        var cid = (await Node.StoreAsync(content, cancellationToken, request)).Cid;
        if (copies > 1)
        {
            await Node.ReplicateAsync(cid, new ReplicateRequest(copies, CommandIdentity.None), cancellationToken);
        }

        await Node.MigrateAsync(cid, new MigrateRequest(StorageTier.Warm, CommandIdentity.None), cancellationToken);
        return ContentKey.Shared(cid);
    }

    public async ValueTask DisposeAsync()
    {
        await Node.DisposeAsync();
        await _bucket.DisposeAsync();
    }
}
