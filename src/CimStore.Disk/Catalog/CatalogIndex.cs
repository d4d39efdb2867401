using System.Globalization;
using System.Text.RegularExpressions;
using CimStore.Locations;
using RocksDbSharp;

namespace CimStore.Disk.Catalog;

/// <summary>
/// The key-value store of the index: one column family, no log of its own. It is always a prefix of what the
/// content log says, and how long a prefix is written in it; so it may lose its end, or all, and nothing is lost.
/// </summary>
internal sealed partial class CatalogIndex : IDisposable
{
    private const int FilesOpenMax = 256;
    private const int BloomBitsPerKey = 10;
    private const int BlockBytes = 8 << 10;
    private const int InfoLogsKept = 2;
    private const ulong InfoLogBytesMax = 1 << 20;

    private readonly RocksDb _database;
    private readonly WriteOptions _noLog = new WriteOptions().DisableWal(1);
    private readonly UseGate _gate = new("The index");

    private CatalogIndex(RocksDb database, string path) => (_database, Path) = (database, path);

    public string Path { get; }

    /// <exception cref="RocksDbException">The files are damaged; the index is to be rebuilt.</exception>
    public static CatalogIndex Open(string path, int memtableBytes, int cacheBytes)
    {
        var table = new BlockBasedTableOptions()
            .SetBlockSize(BlockBytes)
            .SetBlockCache(Cache.CreateLru((ulong)cacheBytes))
            .SetFilterPolicy(BloomFilterPolicy.Create(BloomBitsPerKey, false))
            .SetCacheIndexAndFilterBlocks(true)
            .SetPinL0FilterAndIndexBlocksInCache(true)
            .SetFormatVersion(5);
        var options = new DbOptions()
            .SetCreateIfMissing(true)
            .SetWriteBufferSize((ulong)memtableBytes)
            .SetMaxWriteBufferNumber(3)
            .SetCompression(Compression.No)
            .SetMaxOpenFiles(FilesOpenMax)
            .SetBlockBasedTableFactory(table)
            .SetMaxBackgroundCompactions(1)
            .SetMaxBackgroundFlushes(1)
            .SetKeepLogFileNum(InfoLogsKept)
            .SetMaxLogFileSize(InfoLogBytesMax)
            .SetInfoLogLevel(InfoLogLevel.Warn)
            .SetStatsDumpPeriodSec(0)
            .SkipStatsUpdateOnOpen(true);
        return new CatalogIndex(RocksDb.Open(options, path), path);
    }

    public T? Get<T>(ReadOnlySpan<byte> key, ISpanDeserializer<T> reader)
    {
        using var use = _gate.Enter();
        try
        {
            return _database.Get(key, reader);
        }
        catch (RocksDbException failure)
        {
            throw Failed(failure);
        }
    }

    public byte[]? Get(ReadOnlySpan<byte> key)
    {
        using var use = _gate.Enter();
        try
        {
            return _database.Get(key);
        }
        catch (RocksDbException failure)
        {
            throw Failed(failure);
        }
    }

    /// <summary>Applies the changes together: after a crash all of them are there or none is.</summary>
    public void Write(WriteBatch batch)
    {
        using var use = _gate.Enter();
        try
        {
            _database.Write(batch, _noLog);
        }
        catch (RocksDbException failure)
        {
            throw Failed(failure);
        }
    }

    /// <summary>
    /// Reads up to <paramref name="countMax"/> pairs whose key starts with the prefix, from a key on. Iterators are not
    /// kept between pages: one held by a slow reader would keep old files and memory alive.
    /// </summary>
    /// <param name="after">Whether the pair at exactly <paramref name="from"/> is left out.</param>
    public List<T> Page<T>(
        ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> from, bool after, int countMax, PairReader<T> reader)
    {
        using var use = _gate.Enter();
        using var iterator = _database.NewIterator();
        var page = new List<T>();
        iterator.Seek(from.ToArray());
        if (after && iterator.Valid() && iterator.GetKeySpan().SequenceEqual(from))
        {
            iterator.Next();
        }

        while (page.Count < countMax && iterator.Valid() && iterator.GetKeySpan().StartsWith(prefix))
        {
            page.Add(reader(iterator.GetKeySpan(), iterator.GetValueSpan()));
            iterator.Next();
        }

        return page;
    }

    public void Delete(ReadOnlySpan<byte> key)
    {
        using var use = _gate.Enter();
        try
        {
            _database.Remove(key, writeOptions: _noLog);
        }
        catch (RocksDbException failure)
        {
            throw Failed(failure);
        }
    }

    /// <summary>Writes the memory to files and syncs them.</summary>
    public void Flush(bool wait)
    {
        using var use = _gate.Enter();
        try
        {
            _database.Flush(new FlushOptions().SetWaitForFlush(wait));
        }
        catch (RocksDbException failure)
        {
            throw Failed(failure);
        }
    }

    /// <summary>Flushes and compactions since it was opened, in steps of some 10 MB: RocksDB tells no better.</summary>
    public long BytesWritten()
    {
        using var use = _gate.Enter();
        var match = CumulativeWrite().Match(_database.GetProperty("rocksdb.stats") ?? "");
        return match.Success
            ? (long)(double.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture) * (1 << 30))
            : 0;
    }

    public void Dispose()
    {
        // Only the owner closes, after its own users have left; this waits for nobody in practice.
        if (_gate.CloseAsync() is { IsCompleted: true })
        {
            _database.Dispose();
            return;
        }

        throw new LocationException(LocationFault.Offline, "The index was closed while it was in use.");
    }

    public async ValueTask CloseAsync()
    {
        await _gate.CloseAsync();
        _database.Dispose();
    }

    private static LocationException Failed(RocksDbException failure) => new(
        LocationFault.Offline,
        $"The index failed: {failure.Message}. Nothing stored is lost: open the store again, and it is made level.",
        failure);

    [GeneratedRegex(@"Cumulative compaction: ([0-9.]+) GB write")]
    private static partial Regex CumulativeWrite();

    internal delegate T PairReader<out T>(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value);
}
