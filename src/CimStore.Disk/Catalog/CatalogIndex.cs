using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using CimStore.Locations;

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
    private const int InfoLogBytesMax = 1 << 20;
    private const int InfoLogLevelWarn = 2;
    private const int CompressionNone = 0;
    private const int TableFormatVersion = 5;
    private const int TwoLevelIndex = 2;
    private const int PrefixOnStackMax = 256;

    /// <summary>
    /// The memory is filled in parts, and written to one file together: where a new key goes is found sooner in a part
    /// that fits the processor's cache.
    /// </summary>
    private const int MemtableParts = 4;

    /// <summary>
    /// As many files from memory are merged into the rest at a time. Each merge rewrites all of a small index; more
    /// files are looked through for a key that is in none, and few ask for one since the filter of objects.
    /// </summary>
    private const int FlushedFilesMerged = 8;

    /// <summary>20 bits for a key of 100 bytes: who stores something new is told by it that nothing is there.</summary>
    private const double MemtableBloomShare = 0.02;

    private readonly nint _database;
    private readonly nint _read = Rocks.ReadOptionsCreate();
    private readonly nint _noLog = Rocks.WriteOptionsCreate();
    private readonly UseGate _gate = new("The index");
    private bool _isClosed;

    private CatalogIndex(nint database, string path)
    {
        (_database, Path) = (database, path);
        Rocks.SetNoLog(_noLog, 1);
    }

    public string Path { get; }

    /// <exception cref="IndexException">The files are damaged; the index is to be rebuilt.</exception>
    /// <exception cref="LocationException">The disk is full, or the index in use: nothing is wrong with the files.
    /// </exception>
    public static CatalogIndex Open(string path, int memtableBytes, int cacheBytes)
    {
        var cache = Rocks.CacheCreate((nuint)cacheBytes);
        var table = Rocks.TableCreate();
        var options = Rocks.OptionsCreate();
        try
        {
            SetTable(table, cache);
            SetOptions(options, table, memtableBytes);
            var database = Rocks.Open(options, path, out var error);
            Rocks.Check(error);
            return new CatalogIndex(database, path);
        }
        catch (IndexException failure) when (IsOfFullDisk(failure))
        {
            throw new LocationException(
                LocationFault.Full,
                $"The disk of {path} is full to its last block, and the index cannot be opened without a little room. "
                + "Nothing was changed: make room, and everything is as it was.",
                failure);
        }
        catch (IndexException failure) when (IsHeld(failure))
        {
            throw new LocationException(
                LocationFault.Offline, $"The index in {path} is in use. Nothing was changed.", failure);
        }
        finally
        {
            // The database holds its own references to what it needs of these.
            Rocks.OptionsDestroy(options);
            Rocks.TableDestroy(table);
            Rocks.CacheDestroy(cache);
        }
    }

    public T? Get<T>(ReadOnlySpan<byte> key, IIndexValue<T> reader)
    {
        using var use = _gate.Enter();
        var slice = Find(key);
        if (slice == 0)
        {
            return default;
        }

        try
        {
            return reader.Read(ValueOf(slice));
        }
        finally
        {
            Rocks.SliceDestroy(slice);
        }
    }

    public byte[]? Get(ReadOnlySpan<byte> key)
    {
        using var use = _gate.Enter();
        var slice = Find(key);
        if (slice == 0)
        {
            return null;
        }

        var value = ValueOf(slice).ToArray();
        Rocks.SliceDestroy(slice);
        return value;
    }

    /// <summary>Applies the changes together: after a crash all of them are there or none is.</summary>
    public void Write(IndexBatch batch)
    {
        using var use = _gate.Enter();
        Rocks.Write(_database, _noLog, batch.Handle, out var error);
        Require(error);
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
        return Page(_database, 0, prefix, from, after, countMax, reader);
    }

    /// <summary>
    /// The pairs from one key up to another, which is not among them. Nothing at or behind the end is looked at, not
    /// even the deletions there.
    /// </summary>
    public List<T> Range<T>(ReadOnlySpan<byte> from, ReadOnlySpan<byte> end, int countMax, PairReader<T> reader)
    {
        using var use = _gate.Enter();
        return Range(_database, 0, from, end, after: false, countMax, reader);
    }

    /// <summary>What it holds now, to be read in peace while it is written to. Keeps it from being closed.</summary>
    public IndexSnapshot Snapshot() => new(_database, _gate.Enter());

    /// <param name="database">RocksDB's.</param>
    /// <param name="snapshot">0: as it is now.</param>
    /// <param name="prefix">Of the keys.</param>
    /// <param name="from">The first key, or the one to go on behind.</param>
    /// <param name="after">Whether the pair at exactly that key is left out.</param>
    /// <param name="countMax">So many at most.</param>
    /// <param name="reader">Is given each pair.</param>
    internal static List<T> Page<T>(
        nint database, nint snapshot, ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> from, bool after, int countMax,
        PairReader<T> reader)
    {
        // A search behind the last key of a prefix would walk over all that was deleted at the head of the next one,
        // and only then find that it has left the prefix.
        var end = prefix.Length <= PrefixOnStackMax ? stackalloc byte[PrefixOnStackMax] : new byte[prefix.Length];
        prefix.CopyTo(end);
        var length = prefix.Length;
        while (length > 0 && end[length - 1] == byte.MaxValue)
        {
            length--;
        }

        if (length > 0)
        {
            end[length - 1]++;
        }

        return Range(database, snapshot, from, end[..length], after, countMax, reader);
    }

    /// <param name="database">RocksDB's.</param>
    /// <param name="snapshot">0: as it is now.</param>
    /// <param name="from">The first key.</param>
    /// <param name="end">Behind the last; nothing when there is no end.</param>
    /// <param name="after">Whether the pair at exactly the first key is left out.</param>
    /// <param name="countMax">So many at most.</param>
    /// <param name="reader">Is given each pair.</param>
    private static unsafe List<T> Range<T>(
        nint database, nint snapshot, ReadOnlySpan<byte> from, ReadOnlySpan<byte> end, bool after, int countMax,
        PairReader<T> reader)
    {
        fixed (byte* bound = end)
        {
            using var cursor = new IndexCursor(database, snapshot, bound, end.Length);
            var page = new List<T>();
            cursor.Seek(from);
            if (after && cursor.IsValid && cursor.Key.SequenceEqual(from))
            {
                cursor.Next();
            }

            while (page.Count < countMax && cursor.IsValid)
            {
                page.Add(reader(cursor.Key, cursor.Value));
                cursor.Next();
            }

            Require(cursor.Error());
            return page;
        }
    }

    public void Delete(ReadOnlySpan<byte> key)
    {
        using var batch = new IndexBatch();
        batch.Delete(key);
        Write(batch);
    }

    /// <summary>Writes the memory to files and syncs them.</summary>
    public void Flush(bool wait)
    {
        using var use = _gate.Enter();
        var options = Rocks.FlushOptionsCreate();
        Rocks.SetWait(options, wait ? (byte)1 : (byte)0);
        Rocks.Flush(_database, options, out var error);
        Rocks.FlushOptionsDestroy(options);
        Require(error);
    }

    /// <summary>Flushes and compactions since it was opened, in steps of some 10 MB: RocksDB tells no better.</summary>
    public long BytesWritten()
    {
        using var use = _gate.Enter();
        var match = CumulativeWrite().Match(Property("rocksdb.stats"));
        return match.Success
            ? (long)(double.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture) * (1 << 30))
            : 0;
    }

    public void Dispose()
    {
        // Only the owner closes, after its own users have left; this waits for nobody in practice.
        if (_gate.CloseAsync() is { IsCompleted: true })
        {
            Close();
            return;
        }

        throw new LocationException(LocationFault.Offline, "The index was closed while it was in use.");
    }

    public async ValueTask CloseAsync()
    {
        await _gate.CloseAsync();
        Close();
    }

    private static void SetTable(nint table, nint cache)
    {
        Rocks.SetBlockSize(table, BlockBytes);
        Rocks.SetBlockCache(table, cache);
        Rocks.SetFilter(table, Rocks.BloomCreate(BloomBitsPerKey));

        // In parts of 4 KiB: a filter of one piece outgrows a shard of the cache, and is then read anew for each
        // look-up.
        Rocks.SetIndexType(table, TwoLevelIndex);
        Rocks.SetPartitionFilters(table, 1);
        Rocks.SetCacheIndexAndFilter(table, 1);
        Rocks.SetPinTopLevel(table, 1);
        Rocks.SetPinLevel0(table, 1);
        Rocks.SetFormatVersion(table, TableFormatVersion);
    }

    private static void SetOptions(nint options, nint table, int memtableBytes)
    {
        Rocks.SetCreateIfMissing(options, 1);
        Rocks.SetWriteBufferSize(options, (nuint)(memtableBytes / MemtableParts));
        Rocks.SetWriteBuffersMerged(options, MemtableParts);
        Rocks.SetWriteBuffersMax(options, 3 * MemtableParts);
        Rocks.SetMemtableBloomShare(options, MemtableBloomShare);
        Rocks.SetMemtableBloomOfKeys(options, 1);
        Rocks.SetCompression(options, CompressionNone);
        Rocks.SetFlushedFilesMerged(options, FlushedFilesMerged);
        Rocks.SetOpenFilesMax(options, FilesOpenMax);
        Rocks.SetTable(options, table);
        Rocks.SetBackgroundCompactionsMax(options, 1);
        Rocks.SetBackgroundFlushesMax(options, 1);
        Rocks.SetInfoLogsKept(options, InfoLogsKept);
        Rocks.SetInfoLogSizeMax(options, InfoLogBytesMax);
        Rocks.SetInfoLogLevel(options, InfoLogLevelWarn);
        Rocks.SetStatsDumpPeriod(options, 0);
        Rocks.SetSkipStatsOnOpen(options, 1);
    }

    /// <returns>A slice to be destroyed, or 0 when the key is not there.</returns>
    private unsafe nint Find(ReadOnlySpan<byte> key)
    {
        fixed (byte* name = key)
        {
            var slice = Rocks.Get(_database, _read, name, (nuint)key.Length, out var error);
            Require(error);
            return slice;
        }
    }

    private static unsafe ReadOnlySpan<byte> ValueOf(nint slice)
    {
        var value = Rocks.SliceValue(slice, out var length);
        return new ReadOnlySpan<byte>(value, checked((int)length));
    }

    private string Property(string name)
    {
        var text = Rocks.Property(_database, name);
        var value = Marshal.PtrToStringUTF8(text) ?? "";
        Rocks.Free(text);
        return value;
    }

    private void Close()
    {
        if (Interlocked.Exchange(ref _isClosed, true))
        {
            return;
        }

        Rocks.Close(_database);
        Rocks.ReadOptionsDestroy(_read);
        Rocks.WriteOptionsDestroy(_noLog);
    }

    /// <summary>A failure of an open index is the store's to tell; only at opening does it mean a rebuild.</summary>
    private static void Require(nint error)
    {
        try
        {
            Rocks.Check(error);
        }
        catch (IndexException failure)
        {
            throw Failed(failure);
        }
    }

    private static LocationException Failed(IndexException failure) => new(
        LocationFault.Offline,
        $"The index failed: {failure.Message}. Nothing stored is lost: open the store again, and it is made level.",
        failure);

    /// <summary>RocksDB says it in the words of the system and in no other way.</summary>
    private static bool IsOfFullDisk(IndexException failure) =>
        failure.Message.Contains("No space left on device", StringComparison.Ordinal)
        || failure.Message.Contains("Disk quota exceeded", StringComparison.Ordinal);

    /// <summary>RocksDB names its lock file whenever it cannot have it, in this process or another.</summary>
    private static bool IsHeld(IndexException failure) =>
        failure.Message.Contains("/LOCK:", StringComparison.Ordinal)
        && failure.Message.Contains("lock", StringComparison.Ordinal);

    [GeneratedRegex(@"Cumulative compaction: ([0-9.]+) GB write")]
    private static partial Regex CumulativeWrite();

    internal delegate T PairReader<out T>(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value);
}
