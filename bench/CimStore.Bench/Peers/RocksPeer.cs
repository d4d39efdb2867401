using System.Buffers.Binary;
using System.Security.Cryptography;
using RocksDbSharp;

namespace CimStore.Bench.Peers;

/// <summary>
/// RocksDB with a synced write-ahead log. Without the queue each put is its own WriteBatch and RocksDB's leader groups
/// those of waiting threads; with it one writer commits what waits as one batch. Contents may go to blob files.
/// </summary>
internal sealed class RocksPeer : IContender
{
    private const ulong WriteBufferSizeBytes = 128 << 20;
    private const ulong BlobSizeMinBytes = 1024;

    private readonly KeyTable _keys;
    private readonly GroupCommit? _group;
    private readonly RocksDb _db;
    private readonly WriteOptions _sync = new WriteOptions().SetSync(true);
    private readonly ReadOptions _read = new();
    private long _lsn;

    public RocksPeer(string folder, int count, bool queue, bool blobs)
    {
        Name = (queue, blobs) switch
        {
            (false, false) => "rocksdb",
            (true, false) => "rocksdb-queue",
            (false, true) => "rocksdb-blob",
            (true, true) => "rocksdb-blob-queue",
        };
        _keys = new KeyTable(count);
        _group = queue ? new GroupCommit(Commit) : null;
        var table = new BlockBasedTableOptions().SetFilterPolicy(BloomFilterPolicy.Create(10, false));
        var options = new DbOptions()
            .SetCreateIfMissing(true)
            .SetCompression(Compression.No)
            .SetWriteBufferSize(WriteBufferSizeBytes)
            .SetMaxWriteBufferNumber(4)
            .SetRecycleLogFileNum(4)
            .SetBlockBasedTableFactory(table)
            .IncreaseParallelism(Environment.ProcessorCount);
        if (blobs)
        {
            Native.Instance.rocksdb_options_set_enable_blob_files(options.Handle, 1);
            Native.Instance.rocksdb_options_set_min_blob_size(options.Handle, BlobSizeMinBytes);
        }

        _db = RocksDb.Open(options, folder);
    }

    public string Name { get; }

    public bool HoldsThread => _group is null;

    public ValueTask PutAsync(int index, ReadOnlyMemory<byte> content)
    {
        var key = _keys[index];
        ThreeThings.WriteKey(content.Span, key.Span);
        var item = new PutItem(content, key);
        if (_group is not null)
        {
            return _group.PutAsync(item);
        }

        Commit([item]);
        return ValueTask.CompletedTask;
    }

    public ValueTask<int> GetAsync(int index, Memory<byte> destination)
    {
        Span<byte> key = stackalloc byte[ThreeThings.KeySizeBytes + 1];
        Prefix((byte)'c', _keys[index].Span, key);
        var slice = Pin(key, out var found);
        var length = found.Length;
        found.CopyTo(destination.Span);
        Native.Instance.rocksdb_pinnableslice_destroy(slice);
        return ThreeThings.IsRight(destination.Span[..length], key[1..])
            ? ValueTask.FromResult(length)
            : throw new InvalidDataException("RocksDB returned other bytes.");
    }

    public ValueTask<long> GetLargeAsync(int index)
    {
        Span<byte> key = stackalloc byte[ThreeThings.KeySizeBytes + 1];
        Prefix((byte)'c', _keys[index].Span, key);
        var slice = Pin(key, out var found);
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(found, digest);
        var length = (long)found.Length;
        Native.Instance.rocksdb_pinnableslice_destroy(slice);
        return ValueTask.FromResult(length);
    }

    public ValueTask DisposeAsync()
    {
        _db.Dispose();
        return ValueTask.CompletedTask;
    }

    private unsafe nint Pin(ReadOnlySpan<byte> key, out ReadOnlySpan<byte> value)
    {
        nint slice;
        fixed (byte* name = key)
        {
            slice = Native.Instance.rocksdb_get_pinned(
                _db.Handle, _read.Handle, name, (nuint)key.Length, out var error);
            if (error != 0 || slice == 0)
            {
                throw new IOException("RocksDB did not find what was put.");
            }
        }

        var bytes = Native.Instance.rocksdb_pinnableslice_value(slice, out var length);
        value = new ReadOnlySpan<byte>((void*)bytes, checked((int)length));
        return slice;
    }

    private void Commit(IReadOnlyList<PutItem> batch)
    {
        using var writes = new WriteBatch();
        Span<byte> key = stackalloc byte[ThreeThings.KeySizeBytes + 1];
        Span<byte> position = stackalloc byte[9];
        Span<byte> record = stackalloc byte[ThreeThings.RecordSizeBytes];
        Span<byte> entry = stackalloc byte[ThreeThings.EventSizeBytes];
        foreach (var item in batch)
        {
            var lsn = Interlocked.Increment(ref _lsn);
            Prefix((byte)'c', item.Key.Span, key);
            writes.Put(key, item.Content.Span);
            key[0] = (byte)'r';
            ThreeThings.WriteRecord(record, item.Key.Span, item.Content.Length, lsn);
            writes.Put(key, record);
            position[0] = (byte)'e';
            BinaryPrimitives.WriteInt64BigEndian(position[1..], lsn);
            ThreeThings.WriteEvent(entry, item.Key.Span, item.Content.Length, lsn);
            writes.Put(position, entry);
        }

        _db.Write(writes, _sync);
    }

    private static void Prefix(byte kind, ReadOnlySpan<byte> key, Span<byte> destination)
    {
        destination[0] = kind;
        key.CopyTo(destination[1..]);
    }
}
