using System.Buffers;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace CimStore.Bench.Peers;

/// <summary>
/// A file per object: temporary name, sync, rename, sync of the directory. Record and event stand behind the content
/// in the same file, which spares this peer two files a put. Puts that wait share the syncs of their directories; the
/// batched variant writes all waiting files, makes one syncfs, renames all, and makes one more.
/// </summary>
internal sealed class FilesPeer : IContender
{
    private const int ShardCount = 64;
    private const int TrailerSizeBytes = ThreeThings.RecordSizeBytes + ThreeThings.EventSizeBytes;
    private const int ReadSizeBytes = 1 << 20;

    private readonly string _folder;
    private readonly KeyTable _keys;
    private readonly GroupCommit? _group;
    private readonly SafeFileHandle[] _directories = new SafeFileHandle[ShardCount];
    private readonly GroupCommit[] _directorySyncs = new GroupCommit[ShardCount];
    private long _lsn;

    public FilesPeer(string folder, int count, bool batched)
    {
        Name = batched ? "files-syncfs" : "files";
        _folder = folder;
        _keys = new KeyTable(count);
        _group = batched ? new GroupCommit(CommitTogether) : null;
        for (var shard = 0; shard < ShardCount; shard++)
        {
            var path = Directory.CreateDirectory(Path.Combine(folder, shard.ToString("x2"))).FullName;
            var directory = _directories[shard] = LinuxFiles.OpenDirectory(path);
            _directorySyncs[shard] = new GroupCommit(_ => LinuxFiles.Sync(directory));
        }
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

        var path = PathOf(key.Span);
        using (var file = Write(path + ".part", item))
        {
            LinuxFiles.Sync(file);
        }

        File.Move(path + ".part", path);
        return _directorySyncs[ShardOf(key.Span)].PutAsync(item);
    }

    public ValueTask<int> GetAsync(int index, Memory<byte> destination)
    {
        var key = _keys[index].Span;
        using var file = File.OpenHandle(PathOf(key));
        var length = checked((int)(RandomAccess.GetLength(file) - TrailerSizeBytes));
        var read = RandomAccess.Read(file, destination.Span[..length], 0);
        return ThreeThings.IsRight(destination.Span[..read], key)
            ? ValueTask.FromResult(read)
            : throw new InvalidDataException("The file holds other bytes.");
    }

    public ValueTask<long> GetLargeAsync(int index)
    {
        using var file = File.OpenHandle(PathOf(_keys[index].Span));
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = ArrayPool<byte>.Shared.Rent(ReadSizeBytes);
        var length = RandomAccess.GetLength(file) - TrailerSizeBytes;
        for (var offset = 0L; offset < length;)
        {
            var part = buffer.AsSpan(0, (int)Math.Min(ReadSizeBytes, length - offset));
            var read = RandomAccess.Read(file, part, offset);
            hash.AppendData(part[..read]);
            offset += read;
        }

        hash.GetHashAndReset();
        ArrayPool<byte>.Shared.Return(buffer);
        return ValueTask.FromResult(length);
    }

    public ValueTask DisposeAsync()
    {
        foreach (var directory in _directories)
        {
            directory.Dispose();
        }

        return ValueTask.CompletedTask;
    }

    private static int ShardOf(ReadOnlySpan<byte> key) => key[4] % ShardCount;

    private string PathOf(ReadOnlySpan<byte> key) =>
        $"{_folder}/{ShardOf(key):x2}/{Convert.ToHexStringLower(key)}";

    private SafeFileHandle Write(string path, PutItem item)
    {
        var lsn = Interlocked.Increment(ref _lsn);
        var trailer = new byte[TrailerSizeBytes];
        ThreeThings.WriteRecord(
            trailer.AsSpan(0, ThreeThings.RecordSizeBytes), item.Key.Span, item.Content.Length, lsn);
        ThreeThings.WriteEvent(
            trailer.AsSpan(ThreeThings.RecordSizeBytes), item.Key.Span, item.Content.Length, lsn);
        var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write);
        RandomAccess.Write(file, [item.Content, trailer], 0);
        return file;
    }

    private void CommitTogether(IReadOnlyList<PutItem> batch)
    {
        foreach (var item in batch)
        {
            Write(PathOf(item.Key.Span) + ".part", item).Dispose();
        }

        LinuxFiles.SyncFileSystem(_directories[0]);
        foreach (var item in batch)
        {
            var path = PathOf(item.Key.Span);
            File.Move(path + ".part", path);
        }

        LinuxFiles.SyncFileSystem(_directories[0]);
    }
}
