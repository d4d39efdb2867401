using System.Collections.Immutable;
using CimStore.Disk.Catalog;
using CimStore.Disk.Directory;
using CimStore.Disk.Files;
using CimStore.Disk.Large;
using CimStore.Disk.Log;
using CimStore.Engine;
using CimStore.Journal;
using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Disk;

/// <summary>
/// The embedded store: a data directory with a content log, an index made from it, and files for large content. The log
/// is the truth; the index may lose its end, or all, and is made again from the log.
/// </summary>
public sealed partial class DiskStore : IJournal, ICatalog, ILocation, IStoreMaintenance, IAsyncDisposable
{
    private readonly DiskStoreOptions _options;
    private readonly ObservedTime _time;
    private readonly IDisk _disk;
    private readonly DataDirectory _directory;
    private readonly CatalogIndex _index;
    private readonly CatalogProjection _projection;
    private readonly ContentLog _log;
    private readonly LargeFiles _large;
    private readonly PendingEntries _chain;
    private readonly StoreTally _tally;
    private readonly SpaceGuard _space;
    private readonly AsyncMark _durable = new();
    private readonly IdSource _ids;
    private readonly RecentObjects _recent = new();
    private readonly DraftPool _drafts = new();
    private readonly AppendScratch _scratch = new();
    private readonly ChainId _chainId;
    private readonly ImmutableArray<string> _openWarnings;
    private bool _closed;

    private DiskStore(DiskStoreOptions options, ObservedTime time, IDisk disk, OpenedStore opened)
    {
        (_options, _time, _disk, _directory) = (options, time, disk, opened.Directory);
        (_index, _projection, _log) = (opened.Index, opened.Projection, opened.Log);
        _large = opened.Large;
        (_chain, _tally, _openWarnings) = (opened.Chain, opened.Tally, opened.Warnings);
        _space = new SpaceGuard(disk, _directory.Path, (2L * options.IndexMemoryBytes) + options.SegmentBytes);
        _ids = new IdSource(time);
        _chainId = new ChainId(_directory.Marker.Store);
        Id = new LocationId(options.LocationName);
        Traits = options.Traits ?? new LocationTraits
        {
            Tier = StorageTier.Hot,
            Medium = options.Medium,
            Labels = options.Labels.ToImmutableDictionary(),
        };
        _durable.Advance(_projection.Progress.Cursor.LastLsn);
        _projection.Recent = _recent;
        _projection.Applied = _durable.Advance;
        _projection.Failed = () => _durable.End(Behind());
        _projection.GivenUp = ReleaseLarge;
    }

    public LocationId Id { get; }

    public LocationTraits Traits { get; }

    public int InlineSizeMaxBytes => _options.InlineSizeMaxBytes;

    public bool HoldsContent => true;

    public bool SpansObjects => true;

    public Lsn DurableLsn
    {
        get
        {
            _log.AwaitApplied();
            return new Lsn(_durable.Value);
        }
    }

    /// <summary>The chain that the journal's entries are links of.</summary>
    public ChainId Chain => _chainId;

    /// <summary>A test lets it fail.</summary>
    internal CatalogProjection Projection => _projection;

    /// <summary>Opens the store, or makes one in an empty or absent directory.</summary>
    /// <exception cref="LocationException">In use, of a newer format, or on a file system that is refused; nothing was
    /// changed. Or the disk failed; the store on it is as good as before.</exception>
    public static ValueTask<DiskStore> OpenAsync(
        DiskStoreOptions options, TimeProvider time, CancellationToken cancellationToken) =>
        OpenAsync(options, time, DiskStoreParts.Default, cancellationToken);

    /// <summary>Tells a second node, which is refused, where this one listens.</summary>
    public void Announce(string address) => _directory.Announce(address);

    internal static async ValueTask<DiskStore> OpenAsync(
        DiskStoreOptions options, TimeProvider time, DiskStoreParts parts, CancellationToken cancellationToken)
    {
        try
        {
            var opened = await StoreOpening.RunAsync(options, time, parts, cancellationToken);
            var store = new DiskStore(options, time as ObservedTime ?? new ObservedTime(time), parts.Disk, opened);
            try
            {
                await store.ObserveLastAsync(cancellationToken);
            }
            catch
            {
                await store.DisposeAsync();
                throw;
            }

            return store;
        }
        catch (DiskException failure)
        {
            throw Faults.Translate(failure);
        }
        catch (LogException failure)
        {
            throw Faults.Translate(failure);
        }
    }

    /// <summary>
    /// Finishes what is under way and writes the index out, so that the next open has nothing to replay.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _closed, true))
        {
            return;
        }

        await _maintaining.WaitAsync();
        try
        {
            await _log.DisposeAsync();
        }
        finally
        {
            // Also when the disk is gone: a native handle left open would keep the directory locked.
            _durable.End(new ObjectDisposedException(nameof(DiskStore)));
            await CloseIndexAsync();
        }
    }

    /// <summary>Entries are stamped no earlier than the last one, also by the next process (D19).</summary>
    private async ValueTask ObserveLastAsync(CancellationToken cancellationToken)
    {
        if (await FindAsync(DurableLsn, cancellationToken) is { } last)
        {
            _time.Observe(last.At);
        }
    }

    private async ValueTask CloseIndexAsync()
    {
        _projection.StopFilling();
        try
        {
            _index.Flush(wait: true);
        }
        catch (LocationException)
        {
            // The next open replays from the log what the index did not keep.
        }

        await _index.CloseAsync();
        _projection.Dispose();
        _large.Dispose();
        _maintaining.Dispose();
        _directory.Dispose();
    }

    private void ReleaseLarge(IReadOnlyList<Guid> files)
    {
        foreach (var file in files)
        {
            _large.Release(file);
        }
    }
}
