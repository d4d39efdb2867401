using System.Collections.Immutable;
using CimStore.Disk.Catalog;
using CimStore.Disk.Directory;
using CimStore.Disk.Large;
using CimStore.Disk.Log;
using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Disk;

/// <summary>
/// Opens a store: directory and lock, index, then the log, which replays into the index what it has not seen. An index
/// that is damaged, missing, of another version or too old is put aside and made anew.
/// </summary>
internal static class StoreOpening
{
    public static async ValueTask<OpenedStore> RunAsync(
        DiskStoreOptions options, TimeProvider time, DiskStoreParts parts, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var directory = DataDirectory.Open(parts.Disk, options, time);
        try
        {
            var indexPath = parts.IndexDirectory ?? directory.Index;
            var warnings = directory.Warnings.ToBuilder();
            var opened = await OpenKeptAsync(directory, indexPath, options, time, parts, warnings)
                ?? OpenAnew(directory, indexPath, options, time, parts, warnings, cancellationToken);

            await TidyAsync(opened);
            return opened;
        }
        catch
        {
            directory.Dispose();
            throw;
        }
    }

    /// <summary>The index has seen the whole log now: what it does not know, nothing refers to.</summary>
    private static async ValueTask TidyAsync(OpenedStore opened)
    {
        try
        {
            ForgetDropped(opened);
            StoreCheck.Tidy(opened.Index.Path);

            // A log without a segment names nothing, and may be one that is not where it should be.
            var isEmpty = !opened.Log.HasSegments;
            opened.Large.Sweep(file => isEmpty || CatalogReads.IsReferred(opened.Index, file));
        }
        catch
        {
            // The caller may try again, in this process: nothing must hold the index.
            opened.Index.Dispose();
            opened.Large.Dispose();
            await opened.Log.DisposeAsync();
            throw;
        }
    }

    /// <returns>Null when the index cannot be used; a warning then says why.</returns>
    private static async ValueTask<OpenedStore?> OpenKeptAsync(
        DataDirectory directory, string indexPath, DiskStoreOptions options, TimeProvider time, DiskStoreParts parts,
        ImmutableArray<string>.Builder warnings)
    {
        if (TryOpenIndex(indexPath, options, warnings) is not { } index)
        {
            return null;
        }

        ContentLog? log = null;
        try
        {
            if (CatalogReads.Progress(index) is { } progress)
            {
                var (projection, chain, tally) = Load(index, progress, options, parts.CommandsMax);
                // An index that has seen nothing is ahead of nothing, also when the log has no segment yet.
                LogCursor? from = progress.Cursor == LogCursor.Origin ? null : progress.Cursor;
                log = OpenLog(directory, from, projection, options, time, parts);
                if (!projection.IsTooOld)
                {
                    Report(projection, warnings);
                    return new OpenedStore(
                        directory, index, projection, log, chain, tally, Large(directory, parts, time),
                        warnings.ToImmutable());
                }

                await log.DisposeAsync();
                warnings.Add("The index was older than what the log still holds in order; it was made anew.");
            }
        }
        catch (LogException failure) when (failure.Fault == LogFault.BehindIndex)
        {
            // Going on would give up what the log lost, and with it every large file that only the log names.
            index.Dispose();
            throw new LocationException(
                LocationFault.Offline,
                $"{failure.Message} Bring back what belongs in {directory.Log}. To go on with what it holds, and give "
                + $"up the rest for good, move {indexPath} away.",
                failure);
        }
        catch (IntegrityException failure)
        {
            if (log is not null)
            {
                await log.DisposeAsync();
            }

            warnings.Add($"The index was damaged and was made anew: {failure.Message}");
        }
        catch
        {
            index.Dispose();
            throw;
        }

        index.Dispose();
        return null;
    }

    private static OpenedStore OpenAnew(
        DataDirectory directory, string indexPath, DiskStoreOptions options, TimeProvider time, DiskStoreParts parts,
        ImmutableArray<string>.Builder warnings, CancellationToken cancellationToken)
    {
        if (System.IO.Directory.Exists(indexPath))
        {
            System.IO.Directory.Delete(indexPath, recursive: true);
        }

        System.IO.Directory.CreateDirectory(indexPath);
        var index = CatalogIndex.Open(indexPath, options.IndexMemoryBytes, options.IndexCacheBytes);
        try
        {
            var (projection, chain, tally) = Load(index, Progress.None, options, parts.CommandsMax);
            projection.PlacesOnly = true;
            var log = OpenLog(directory, null, projection, options, time, parts);
            IndexMaking.Finish(index, projection, log, cancellationToken);
            Report(projection, warnings);
            return new OpenedStore(
                directory, index, projection, log, chain, tally, Large(directory, parts, time), warnings.ToImmutable());
        }
        catch
        {
            index.Dispose();
            throw;
        }
    }

    private static CatalogIndex? TryOpenIndex(
        string path, DiskStoreOptions options, ImmutableArray<string>.Builder warnings)
    {
        if (!System.IO.Directory.Exists(path))
        {
            return null;
        }

        try
        {
            return CatalogIndex.Open(path, options.IndexMemoryBytes, options.IndexCacheBytes);
        }
        catch (IndexException damage)
        {
            warnings.Add($"The index could not be opened and was made anew: {damage.Message}");
            return null;
        }
    }

    private static (CatalogProjection, PendingEntries, StoreTally) Load(
        CatalogIndex index, Progress progress, DiskStoreOptions options, int commandsMax)
    {
        var chain = new PendingEntries();
        chain.Start(progress.ChainHead, progress.LastEntry);
        var location = new LocationId(options.LocationName);
        var tally = new StoreTally(location);
        tally.Load(progress.Totals, CatalogReads.Owners(index), CatalogReads.Segments(index));
        var projection = new CatalogProjection(index, location, chain, tally, commandsMax);
        projection.Start(progress);
        return (projection, chain, tally);
    }

    private static ContentLog OpenLog(
        DataDirectory directory, LogCursor? from, CatalogProjection projection, DiskStoreOptions options,
        TimeProvider time, DiskStoreParts parts)
    {
        var logOptions = new LogOptions
        {
            SegmentBytes = options.SegmentBytes,
            RecycledSegmentsMax = options.RecycledSegmentsMax,
        };
        parts.Configure?.Invoke(logOptions);
        return ContentLog.Open(
            parts.Disk, directory.Log, directory.Marker.Store, from, projection, logOptions, time);
    }

    /// <summary>A crash may come between the drop of a segment and the note that it is gone.</summary>
    private static void ForgetDropped(OpenedStore opened)
    {
        foreach (var id in opened.Tally.ForgetMissing(opened.Log.HasSegment))
        {
            CatalogReads.ForgetSegment(opened.Index, id);
        }
    }

    private static LargeFiles Large(DataDirectory directory, DiskStoreParts parts, TimeProvider time) =>
        new(parts.Disk, directory.Large, directory.Staging, new IdSource(time), time);

    private static void Report(CatalogProjection projection, ImmutableArray<string>.Builder warnings)
    {
        foreach (var finding in projection.Findings)
        {
            // A torn tail was never acknowledged; it is what a crash leaves, not something to act on.
            if (finding.Kind != LogFindingKind.TornTail)
            {
                warnings.Add(finding.Message);
            }
        }
    }
}
