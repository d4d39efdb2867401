using System.Collections.Immutable;
using CimStore.Disk;
using CimStore.Disk.Pool;
using CimStore.Engine;

namespace CimStore.Server.Tiers;

/// <summary>A node and the parts of it that only an operator asks for by name. The node owns them.</summary>
/// <param name="Store">The data directory's; null for a node of a cluster, which has nothing of its own there.</param>
public sealed record ComposedNode(StorageNode Node, DiskStore? Store, ImmutableArray<PoolLocation> Pools);
