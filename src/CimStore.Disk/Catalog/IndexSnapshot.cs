namespace CimStore.Disk.Catalog;

/// <summary>
/// The index as it was at one moment: exactly one prefix of the log, whatever is written meanwhile. While it is held,
/// RocksDB keeps what it overwrites.
/// </summary>
internal sealed class IndexSnapshot : IDisposable
{
    private readonly nint _database;
    private readonly nint _snapshot;
    private UseGate.Use? _use;

    internal IndexSnapshot(nint database, UseGate.Use use)
    {
        (_database, _use) = (database, use);
        _snapshot = Rocks.SnapshotCreate(database);
    }

    /// <summary>How far it has seen the log; null when it was never made whole.</summary>
    public Progress? Progress => Page(
        CatalogKeys.ProgressKey, CatalogKeys.ProgressKey, after: false, 1,
        static (_, value) => Catalog.Progress.Read(value)) is [var progress] ? progress : null;

    public List<T> Page<T>(
        ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> from, bool after, int countMax,
        CatalogIndex.PairReader<T> reader) =>
        CatalogIndex.Page(_database, _snapshot, prefix, from, after, countMax, reader);

    public void Dispose()
    {
        if (_use is not { } use)
        {
            return;
        }

        _use = null;
        Rocks.SnapshotRelease(_database, _snapshot);
        use.Dispose();
    }
}
