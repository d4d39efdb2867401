using System.Buffers;
using System.Collections.Concurrent;
using CimStore.Disk.Catalog;
using CimStore.Disk.Directory;
using CimStore.Disk.Files;
using CimStore.Disk.Large;
using CimStore.Disk.Log;
using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Disk.Pool;

/// <summary>One directory of a pool: a shard log, and files for the shards that are too large for it.</summary>
internal sealed class ShardDirectory : IAsyncDisposable
{
    private readonly IDisk _disk;
    private readonly DirectoryLock _lock;
    private readonly string _markerPath;

    private ShardDirectory(
        IDisk disk, string path, int slot, DirectoryLock taken, ShardProjection projection, ContentLog log,
        LargeFiles large)
    {
        (_disk, Path, Slot, _lock, Projection, Log, Large) = (disk, path, slot, taken, projection, log, large);
        _markerPath = System.IO.Path.Combine(path, PoolMarker.FileName);
        projection.GivenUp = Release;
    }

    public string Path { get; }

    public int Slot { get; }

    public ShardProjection Projection { get; }

    public ContentLog Log { get; }

    public LargeFiles Large { get; }

    /// <summary>Held while records are moved, and while a copy is given up: one must see the other.</summary>
    public SemaphoreSlim Moving { get; } = new(1, 1);

    /// <summary>
    /// Segments that were found damaged since the log was opened: they stay, and tidying up does not look at them
    /// again.
    /// </summary>
    public ConcurrentDictionary<ulong, bool> DamagedSegments { get; } = new();

    /// <param name="disk">The file system.</param>
    /// <param name="path">Has its marker.</param>
    /// <param name="slot">Its place in the pool.</param>
    /// <param name="marker">What its marker says.</param>
    /// <param name="index">Brought level with its log.</param>
    /// <param name="segmentBytes">Of new log files.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="LocationException">In use, or its log cannot be opened; nothing was changed.</exception>
    public static ShardDirectory Open(
        IDisk disk, string path, int slot, PoolMarker marker, ShardIndex index, int segmentBytes, TimeProvider time)
    {
        var taken = DirectoryLock.Take(disk, path, Environment.ProcessId, null);
        ContentLog? log = null;
        try
        {
            var (large, staging) = (System.IO.Path.Combine(path, "large"), System.IO.Path.Combine(path, "staging"));
            disk.EnsureDirectory(large);
            disk.EnsureDirectory(staging);
            var progress = index.Progress(slot);
            if (progress is { } seen && seen.Directory != marker.Directory)
            {
                index.Forget(slot);
                progress = null;
            }

            var projection = new ShardProjection(
                index, slot, marker.Directory, isMaking: progress is not { IsMaking: false });
            var options = new LogOptions
            {
                SegmentBytes = segmentBytes,
                BatchWrites = 1024,
                CallersLead = false,
                PreWriteBytes = 0,
            };
            log = ContentLog.Open(
                disk, System.IO.Path.Combine(path, "log"), marker.Directory, progress?.Cursor, projection, options,
                time);
            projection.EndMaking(progress?.Cursor);
            var files = new LargeFiles(disk, large, staging, new IdSource(time), time);
            return new ShardDirectory(disk, path, slot, taken, projection, log, files);
        }
        catch
        {
            taken.Dispose();
            throw;
        }
    }

    /// <exception cref="LocationException">What is known of the record is in its fault.</exception>
    public async ValueTask CommitAsync(LogWrite write, CancellationToken cancellationToken)
    {
        RequireHere();
        try
        {
            await Log.CommitAsync(write, cancellationToken);
        }
        catch (LogException failure)
        {
            throw Faults.Translate(failure);
        }
    }

    /// <summary>
    /// Commits a shard that is made again. A move of the one that it takes the place of must not come after it, nor it
    /// after a release.
    /// </summary>
    /// <param name="write">The shard.</param>
    /// <param name="isWanted">Asked when nothing is moved or given up any more.</param>
    /// <returns>Whether it was.</returns>
    public async ValueTask<bool> CommitHealedAsync(LogWrite write, Func<bool> isWanted)
    {
        await Moving.WaitAsync();
        try
        {
            if (!isWanted())
            {
                return false;
            }

            await CommitAsync(write, CancellationToken.None);
            return true;
        }
        finally
        {
            Moving.Release();
        }
    }

    /// <summary>
    /// A directory that was removed goes on taking writes into files without a name: asked before each promise.
    /// </summary>
    public void RequireHere()
    {
        if (!IsHere)
        {
            throw Gone();
        }
    }

    public LocationException Gone() => new(
        LocationFault.Offline, $"{_markerPath} is gone: the directory was removed or unmounted.");

    /// <summary>Whether its marker is where it was: handles that are open read on in a directory that was removed.
    /// </summary>
    public bool IsHere
    {
        get
        {
            try
            {
                return _disk.Exists(_markerPath);
            }
            catch (DiskException)
            {
                // A disk that cannot even say so is not one to count on.
                return false;
            }
        }
    }

    /// <summary>Whether a shard that is missing here could be made again now.</summary>
    public bool CanTakeShards => Log.Failure is null && IsHere;

    /// <summary>The next read of this shard comes from the device.</summary>
    public void DropCached(in Place place)
    {
        if (place.Kind == PlaceKind.Large)
        {
            Large.DropCached(place.LargeId);
        }
        else
        {
            Log.DropCached(place.Position.Segment, place.Position.Offset, place.Position.LengthBytes);
        }
    }

    /// <summary>Reads the shard that a record holds, checked.</summary>
    /// <returns>Null when the record moved or is gone.</returns>
    /// <exception cref="IntegrityException">It is damaged.</exception>
    public (ShardDescription Shard, byte[] Rented, int Start, int Length)? ReadRecord(in Place place)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(place.Position.LengthBytes);
        var isKept = false;
        try
        {
            if (!Log.TryRead(place.Position, buffer, provePayload: true, out var record)
                || !Content.Cid.TryReadBytes(record.Key.Span, out var cid, out _))
            {
                return null;
            }

            isKept = true;
            return (ShardDescription.Read(cid, record.Meta.Span), buffer, place.FrontBytes, place.PayloadBytes);
        }
        catch (LogException failure)
        {
            throw Faults.Translate(failure);
        }
        catch (DiskException gone) when (gone.IsAbsent && IsHere)
        {
            return null;
        }
        catch (DiskException failure)
        {
            throw Faults.Translate(failure);
        }
        finally
        {
            if (!isKept)
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }

    /// <summary>Removes files that no record refers to: what a crash left. Only when the log was replayed.</summary>
    public void Sweep(ShardIndex index) => Large.Sweep(file => index.IsReferred(Slot, file));

    public async ValueTask DisposeAsync()
    {
        try
        {
            await Log.DisposeAsync();
        }
        finally
        {
            Large.Dispose();
            Projection.Dispose();
            _lock.Dispose();
            Moving.Dispose();
        }
    }

    private void Release(IReadOnlyList<Guid> files)
    {
        foreach (var file in files)
        {
            Large.Release(file);
        }
    }
}
