using System.Collections.Immutable;
using CimStore.Disk.Compaction;
using CimStore.Disk.Files;
using CimStore.Disk.Log;
using CimStore.Journal;

namespace CimStore.Disk;

// What an operator may ask.
public sealed partial class DiskStore
{
    private readonly SemaphoreSlim _maintaining = new(1, 1);

    public ImmutableArray<string> Warnings =>
        _log.Failure is { } failure ? _openWarnings.Add(failure.Message) : _openWarnings;

    public BytesWritten BytesWritten
    {
        get
        {
            var counters = _log.Counters;
            var log = counters.ContentBytes + counters.OverheadBytes + counters.PaddingBytes;
            return new BytesWritten(log, _large.BytesWritten, _index.BytesWritten(), counters.PreWrittenBytes);
        }
    }

    public ValueTask<SpaceLedger> MeasureAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            var physical = MeasureFiles();
            var totals = _tally.Totals;
            var garbage = _tally.Segments().Values.Sum(static use => use.GarbageBytes);
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
            var compaction = new SegmentCompaction(_log, _index, _tally, _options.CompactBelowLiveShare);
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

    /// <summary>
    /// Reads the whole log, makes a second index from it and compares: every record proved, every key of the index what
    /// it should be. To be asked when nothing is being stored; what is stored meanwhile is reported as a difference.
    /// </summary>
    /// <returns>What is wrong, in words; empty when all is well.</returns>
    public async ValueTask<ImmutableArray<string>> CheckAsync(CancellationToken cancellationToken)
    {
        await _maintaining.WaitAsync(cancellationToken);
        try
        {
            using var check = new StoreCheck(
                _log, _index, _large, Id, _options, _projection.Commands.CountMax);
            return check.Run(cancellationToken);
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

        // The index is RocksDB's, on the real file system; it makes and removes files as it likes.
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
