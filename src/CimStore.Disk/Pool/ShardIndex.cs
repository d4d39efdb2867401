using System.Buffers.Binary;
using CimStore.Disk.Catalog;
using CimStore.Disk.Log;
using CimStore.Locations;

namespace CimStore.Disk.Pool;

/// <summary>
/// Where the shards of every copy of a pool lie. Made from the shard logs, each of which it has seen up to a place that
/// is written in it; deleted, it is made again.
/// </summary>
internal sealed class ShardIndex : IAsyncDisposable
{
    private const byte ProgressVersion = 1;

    // Of a log that is gone through from its beginning, and has not been to its end.
    private const byte MakingVersion = 2;
    private const int MemoryBytes = 8 << 20;
    private const int CacheBytes = 16 << 20;

    private readonly CatalogIndex _pairs;

    private ShardIndex(CatalogIndex pairs) => _pairs = pairs;

    /// <param name="path">A real directory: RocksDB's.</param>
    /// <param name="warnings">Told when the index was damaged and is made anew.</param>
    public static ShardIndex Open(string path, ICollection<string> warnings)
    {
        System.IO.Directory.CreateDirectory(path);
        try
        {
            return new ShardIndex(CatalogIndex.Open(path, MemoryBytes, CacheBytes));
        }
        catch (IndexException damage)
        {
            warnings.Add($"The index in {path} could not be opened and was made anew: {damage.Message}");
            System.IO.Directory.Delete(path, recursive: true);
            System.IO.Directory.CreateDirectory(path);
            return new ShardIndex(CatalogIndex.Open(path, MemoryBytes, CacheBytes));
        }
    }

    /// <returns>The shards of the copy that are known, by slot.</returns>
    public List<(int Slot, Place Place)> Shards(in ContentKey content, ulong incarnation)
    {
        Span<byte> prefix = stackalloc byte[ShardKeys.SizeBytesMax];
        prefix = prefix[..ShardKeys.WriteCopy(prefix, content, incarnation)];
        var length = prefix.Length + sizeof(ushort);
        var found = _pairs.Page(prefix, prefix, after: false, ushort.MaxValue, (key, value) =>
            (Slot: key.Length == length ? BinaryPrimitives.ReadUInt16BigEndian(key[^2..]) : -1,
                Place: ReadPlace(value)));
        found.RemoveAll(static shard => shard.Slot < 0);
        return found;
    }

    public Place? Find(in ContentKey content, ulong incarnation, int slot)
    {
        Span<byte> key = stackalloc byte[ShardKeys.SizeBytesMax];
        return _pairs.Get(key[..ShardKeys.WriteShard(key, content, incarnation, slot)]) is { } value
            ? ReadPlace(value)
            : null;
    }

    /// <summary>Shards in the order of their keys, behind the given one.</summary>
    public List<(byte[] Key, Place Place)> Page(ReadOnlySpan<byte> after, int countMax) => _pairs.Page(
        [ShardKeys.Shard], after, after: true, countMax,
        static (key, value) => (key.ToArray(), ReadPlace(value)));

    /// <returns>Null when nothing of this directory's log was seen.</returns>
    public (Guid Directory, LogCursor Cursor, bool IsMaking)? Progress(int slot)
    {
        Span<byte> key = stackalloc byte[8];
        if (_pairs.Get(key[..ShardKeys.WriteProgress(key, slot)]) is not { } value)
        {
            return null;
        }

        var reader = new PackedReader(value);
        var version = reader.Byte();
        return version is ProgressVersion or MakingVersion
            ? (
                new Guid(reader.Take(16), bigEndian: true), LogCursor.Read(reader.Take(LogCursor.SizeBytes)),
                version == MakingVersion)
            : null;
    }

    public static void PutProgress(IndexBatch batch, int slot, Guid directory, in LogCursor cursor, bool isMaking)
    {
        Span<byte> key = stackalloc byte[8];
        Span<byte> value = stackalloc byte[1 + 16 + LogCursor.SizeBytes];
        value[0] = isMaking ? MakingVersion : ProgressVersion;
        directory.TryWriteBytes(value[1..], bigEndian: true, out _);
        cursor.Write(value[17..]);
        batch.Put(key[..ShardKeys.WriteProgress(key, slot)], value);
    }

    public static void PutShard(IndexBatch batch, in ContentKey content, ulong incarnation, int slot, in Place place)
    {
        Span<byte> key = stackalloc byte[ShardKeys.SizeBytesMax];
        Span<byte> value = stackalloc byte[Place.SizeBytesMax];
        var writer = new PackedWriter(value);
        place.Write(ref writer);
        batch.Put(key[..ShardKeys.WriteShard(key, content, incarnation, slot)], writer.Written);
        if (place.Kind == PlaceKind.Large)
        {
            batch.Put(key[..ShardKeys.WriteFile(key, slot, place.LargeId)], []);
        }
    }

    public static void DeleteShard(IndexBatch batch, in ContentKey content, ulong incarnation, int slot)
    {
        Span<byte> key = stackalloc byte[ShardKeys.SizeBytesMax];
        batch.Delete(key[..ShardKeys.WriteShard(key, content, incarnation, slot)]);
    }

    public static void DeleteFile(IndexBatch batch, int slot, Guid file)
    {
        Span<byte> key = stackalloc byte[32];
        batch.Delete(key[..ShardKeys.WriteFile(key, slot, file)]);
    }

    /// <summary>Whether some shard of the slot lies in this file.</summary>
    public bool IsReferred(int slot, Guid file)
    {
        Span<byte> key = stackalloc byte[32];
        return _pairs.Get(key[..ShardKeys.WriteFile(key, slot, file)]) is not null;
    }

    public Dictionary<ulong, ShardSegmentUse> Segments(int slot)
    {
        Span<byte> prefix = stackalloc byte[16];
        prefix = prefix[..(ShardKeys.WriteSegment(prefix, slot, 0) - sizeof(ulong))];
        return _pairs.Page(prefix, prefix, after: false, int.MaxValue, static (key, value) =>
        {
            var reader = new PackedReader(value);
            return (
                Segment: BinaryPrimitives.ReadUInt64BigEndian(key[^8..]),
                Use: new ShardSegmentUse(
                    (long)reader.Varint(), (long)reader.Varint(),
                    // An index of before they were counted has two numbers.
                    reader.Remaining > 0 ? (long)reader.Varint() : 0,
                    reader.Remaining > 0 ? (long)reader.Varint() : 0));
        }).ToDictionary(static pair => pair.Segment, static pair => pair.Use);
    }

    /// <param name="use">Null forgets the segment.</param>
    public static void PutSegment(IndexBatch batch, int slot, ulong segment, ShardSegmentUse? use)
    {
        Span<byte> key = stackalloc byte[16];
        key = key[..ShardKeys.WriteSegment(key, slot, segment)];
        if (use is not { } known)
        {
            batch.Delete(key);
            return;
        }

        Span<byte> value = stackalloc byte[48];
        var writer = new PackedWriter(value);
        writer.Varint((ulong)known.ShardBytes);
        writer.Varint((ulong)known.GarbageBytes);
        writer.Varint((ulong)known.ReleaseBytes);
        writer.Varint((ulong)known.PaddingBytes);
        batch.Put(key, writer.Written);
    }

    public void Write(IndexBatch batch) => _pairs.Write(batch);

    public void Flush(bool wait) => _pairs.Flush(wait);

    /// <summary>Forgets everything of a slot: another directory takes its place.</summary>
    public void Forget(int slot)
    {
        byte[] after = [ShardKeys.Shard];
        while (Page(after, 1024) is { Count: > 0 } page)
        {
            using var batch = new IndexBatch();
            foreach (var (key, place) in page)
            {
                if (BinaryPrimitives.ReadUInt16BigEndian(key.AsSpan()[^2..]) == slot)
                {
                    batch.Delete(key);
                    DeleteFile(batch, slot, place.LargeId);
                }
            }

            Write(batch);
            after = page[^1].Key;
        }

        using var rest = new IndexBatch();
        foreach (var segment in Segments(slot).Keys)
        {
            PutSegment(rest, slot, segment, null);
        }

        Span<byte> progress = stackalloc byte[8];
        rest.Delete(progress[..ShardKeys.WriteProgress(progress, slot)]);
        Write(rest);
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            _pairs.Flush(wait: true);
        }
        catch (LocationException)
        {
            // The next open replays from the logs what the index did not keep.
        }

        await _pairs.CloseAsync();
    }

    private static Place ReadPlace(ReadOnlySpan<byte> value)
    {
        var reader = new PackedReader(value);
        return Place.Read(ref reader);
    }
}
