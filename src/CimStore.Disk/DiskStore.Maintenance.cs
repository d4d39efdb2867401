using System.Collections.Immutable;
using System.Globalization;
using CimStore.Disk.Compaction;
using CimStore.Disk.Files;
using CimStore.Disk.Log;
using CimStore.Disk.Uploads;
using CimStore.Journal;
using CimStore.Locations;

namespace CimStore.Disk;

// What an operator may ask.
public sealed partial class DiskStore
{
    private readonly SemaphoreSlim _maintaining = new(1, 1);

    public ImmutableArray<string> Warnings
    {
        get
        {
            var warnings = _log.Failure is { } failure ? _openWarnings.Add(failure.Message) : _openWarnings;
            return _log.AwaitApplied()
                ? warnings
                : warnings.Add(BehindText + " Until then counts and usage may be off by what was in hand.");
        }
    }

    public BytesWritten BytesWritten
    {
        get
        {
            var counters = _log.Counters;
            var log = counters.ContentBytes + counters.OverheadBytes + counters.PaddingBytes;
            return new BytesWritten(log, _large.BytesWritten, _index.BytesWritten(), counters.PreWrittenBytes);
        }
    }

    public long GarbageBytes => _tally.GarbageBytes;

    public ValueTask<SpaceLedger> MeasureAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            _log.AwaitApplied();
            var physical = MeasureFiles();
            var totals = _tally.Totals;
            var garbage = GarbageBytes;
            return ValueTask.FromResult(new SpaceLedger(
                physical,
                totals.LiveBytes,
                totals.HeldBytes,
                garbage,
                physical - totals.LiveBytes - totals.HeldBytes - garbage,
                _disk.Space(_directory.Path).BytesFree));
        }
        catch (DiskException failure)
        {
            throw Faults.Translate(failure);
        }
    }

    public async ValueTask<long> CompactAsync(CancellationToken cancellationToken)
    {
        await _maintaining.WaitAsync(cancellationToken);
        try
        {
            var liveShare = Thoroughness.LiveShareAt(_disk.Space(_directory.Path), _options.CompactBelowLiveShare);
            var compaction = new SegmentCompaction(_log, _index, _tally, liveShare);
            return await compaction.RunAsync(cancellationToken);
        }
        catch (LogException failure)
        {
            throw Faults.Translate(failure);
        }
        catch (DiskException failure)
        {
            throw Faults.Translate(failure);
        }
        finally
        {
            _maintaining.Release();
        }
    }

    /// <summary>The same, for whoever does not watch.</summary>
    public ValueTask<ImmutableArray<string>> CheckAsync(CancellationToken cancellationToken) =>
        CheckAsync(new WorkCount(), cancellationToken);

    public async ValueTask<ImmutableArray<string>> CheckAsync(WorkCount done, CancellationToken cancellationToken)
    {
        await _maintaining.WaitAsync(cancellationToken);
        var worker = _large.RentWorker();
        try
        {
            RequireRoomToCheck();
            using var check = new StoreCheck(
                _log, _index, _large, Id, _options, _projection.Commands.CountMax, done);
            var wrong = ImmutableArray<string>.Empty;
            await worker.Start(() => wrong = check.Run(cancellationToken));
            return [.. wrong, .. StagedUploads.Inspect(_disk, _directory.Uploads).Select(static one => one.Detail)];
        }
        catch (LogException failure)
        {
            throw Faults.Translate(failure);
        }
        catch (DiskException failure)
        {
            throw Faults.Translate(failure);
        }
        finally
        {
            _large.ReturnWorker(worker);
            _maintaining.Release();
        }
    }

    /// <summary>The second index is as large as the first; stores that go on meanwhile need the other half.</summary>
    private void RequireRoomToCheck()
    {
        var (needed, free) = (MeasureIndex(), _disk.Space(_directory.Path).BytesFree);
        if (needed > free / 2)
        {
            throw new LocationException(
                LocationFault.Full,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"A check makes a second index of {needed >> 20} MiB and takes at most half of the free room, "
                    + $"which is {free >> 20} MiB in {_directory.Path}. Nothing is wrong with what is stored; free "
                    + $"some space and check again."));
        }
    }

    private long MeasureFiles()
    {
        long bytes = _large.Measure();
        foreach (var folder in new[] { _directory.Path, _directory.Log })
        {
            foreach (var name in _disk.List(folder))
            {
                bytes += FileLength(Path.Combine(folder, name));
            }
        }

        return bytes + MeasureIndex();
    }

    /// <summary>The index is RocksDB's, on the real file system; it makes and removes files as it likes.</summary>
    private long MeasureIndex()
    {
        long bytes = 0;
        var index = new DirectoryInfo(_index.Path);
        foreach (var file in index.Exists ? index.EnumerateFiles() : [])
        {
            bytes += file.Exists ? file.Length : 0;
        }

        return bytes;
    }

    private long FileLength(string path)
    {
        try
        {
            if (path.EndsWith(LogFormat.SegmentSuffix, StringComparison.Ordinal) || File.Exists(path))
            {
                using var file = _disk.Open(path, DiskAccess.Read);
                return file.Length;
            }
        }
        catch (DiskException gone) when (gone.IsAbsent)
        {
            // Dropped or renamed since it was listed.
        }

        return 0;
    }
}
