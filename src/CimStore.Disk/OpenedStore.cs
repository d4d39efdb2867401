using System.Collections.Immutable;
using CimStore.Disk.Catalog;
using CimStore.Disk.Directory;
using CimStore.Disk.Large;
using CimStore.Disk.Log;

namespace CimStore.Disk;

/// <summary>The parts of a store that is open and whose index has seen the whole log.</summary>
internal sealed record OpenedStore(
    DataDirectory Directory, CatalogIndex Index, CatalogProjection Projection, ContentLog Log, PendingEntries Chain,
    StoreTally Tally, LargeFiles Large, ImmutableArray<string> Warnings);
