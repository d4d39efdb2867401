using System.Globalization;
using CimStore.Disk.Files;
using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Disk.Large;

/// <summary>The files of large content: <c>large/xx/ID.blob</c> and <c>.tree</c>, and what is being staged.</summary>
internal sealed class LargeFiles(IDisk disk, string directory, string staging, IdSource ids, TimeProvider time)
    : IDisposable
{
    public const string ContentSuffix = ".blob";
    public const string TreeSuffix = ".tree";
    public const string PartSuffix = ".part";
    public const string PartTreeSuffix = ".part-tree";

    private const int WorkersKept = 8;

    private readonly OpenFiles _open = new(disk);
    private readonly Stack<DiskWorker> _workers = new();
    private long _bytesWritten;
    private bool _isDisposed;

    /// <summary>Told of every small content that comes in, so that streams make room for them.</summary>
    public SmallPuts SmallPuts { get; } = new(time);

    public long BytesWritten => Interlocked.Read(ref _bytesWritten);

    public StagedFile Stage(long? sizeHint)
    {
        var id = ids.Next().Value;
        var file = disk.Create(PartPath(id, PartSuffix));
        try
        {
            if (sizeHint is > 0)
            {
                // The room is found, or not, before a byte is sent; and the file lies in few pieces.
                file.Allocate(LargeHeader.HeaderBytes + sizeHint.Value);
            }

            return new StagedFile(this, id, new CountedFile(file, this), time);
        }
        catch
        {
            file.Dispose();
            disk.Unlink(PartPath(id, PartSuffix));
            throw;
        }
    }

    public IDiskFile CreateTree(Guid id) => new CountedFile(disk.Create(PartPath(id, PartTreeSuffix)), this);

    /// <summary>Gives the files their names for good. The tree first: content with a name is complete.</summary>
    public void Publish(Guid id, bool hasTree)
    {
        var parent = Path.GetDirectoryName(FilePath(id, ContentSuffix))!;
        if (!disk.Exists(parent))
        {
            // Its own folder only: where the disk was unmounted nothing is made in the mount point.
            disk.CreateDirectory(parent);
            disk.SyncDirectory(directory, SyncPoint.NewDirectory);
        }

        if (hasTree)
        {
            disk.Rename(PartPath(id, PartTreeSuffix), FilePath(id, TreeSuffix));
        }

        disk.Rename(PartPath(id, PartSuffix), FilePath(id, ContentSuffix));

        // Before the journal entry that refers to it: a durable entry must find its content after a power cut.
        disk.SyncDirectory(parent, SyncPoint.LargeName);
    }

    public void Discard(Guid id, bool isPublished)
    {
        try
        {
            Remove(isPublished ? FilePath(id, ContentSuffix) : PartPath(id, PartSuffix));
            Remove(isPublished ? FilePath(id, TreeSuffix) : PartPath(id, PartTreeSuffix));
        }
        catch (DiskException)
        {
            // It is garbage that nothing refers to; the next open sweeps it.
        }
    }

    /// <summary>Removes the files of a copy that was given up. Readers that have them open finish.</summary>
    public void Release(Guid id)
    {
        _open.Forget(FilePath(id, ContentSuffix));
        _open.Forget(FilePath(id, TreeSuffix));
        Discard(id, isPublished: true);
    }

    /// <returns>Bytes read, 0 past the end, or null when there is no such file.</returns>
    public int? Read(Guid id, long offset, Span<byte> destination) =>
        Read(FilePath(id, ContentSuffix), LargeHeader.HeaderBytes + offset, destination);

    /// <returns>Bytes read, 0 past the end, or null when there is no such content.</returns>
    /// <exception cref="IntegrityException">The content is there, and its tree is not.</exception>
    public int? ReadTree(Guid id, long offset, Span<byte> destination)
    {
        var path = FilePath(id, TreeSuffix);
        return Read(path, offset, destination)
            ?? (IsThere(id) ? throw new IntegrityException($"The tree {path} is missing.") : null);
    }

    /// <summary>Reads from the file's very beginning: the header of whoever wrote it.</summary>
    public int? ReadFront(Guid id, Span<byte> destination) => Read(FilePath(id, ContentSuffix), 0, destination);

    /// <summary>Whether its file is where it should be: one that was deleted can be read on while it is open.</summary>
    public bool IsThere(Guid id) => disk.Exists(FilePath(id, ContentSuffix));

    /// <summary>The next reads of this content and its tree come from the device.</summary>
    public void DropCached(Guid id)
    {
        DropCached(FilePath(id, ContentSuffix));
        DropCached(FilePath(id, TreeSuffix));
    }

    public LargeHeader? ReadHeader(Guid id)
    {
        var path = FilePath(id, ContentSuffix);
        Span<byte> header = new byte[LargeHeader.HeaderBytes];
        return Read(path, 0, header) is { } read ? LargeHeader.Read(header[..read], path) : null;
    }

    /// <summary>Removes what a crash left behind: everything staged, and files that no entry refers to.</summary>
    public void Sweep(Func<Guid, bool> isReferred)
    {
        foreach (var name in disk.List(staging))
        {
            disk.Unlink(Path.Combine(staging, name));
        }

        foreach (var (id, path) in Files())
        {
            if (id is not { } known || !isReferred(known))
            {
                disk.Unlink(path);
            }
        }
    }

    /// <returns>Bytes of all files, those being staged included.</returns>
    public long Measure()
    {
        long bytes = 0;
        foreach (var path in Files().Select(static file => file.Path)
            .Concat(disk.List(staging).Select(name => Path.Combine(staging, name))))
        {
            bytes += Length(path);
        }

        return bytes;
    }

    /// <summary>A thread for one stream; threads are kept for those after it.</summary>
    public DiskWorker RentWorker()
    {
        lock (_workers)
        {
            return _workers.TryPop(out var worker) ? worker : new DiskWorker();
        }
    }

    public void ReturnWorker(DiskWorker worker)
    {
        lock (_workers)
        {
            if (!_isDisposed && _workers.Count < WorkersKept)
            {
                _workers.Push(worker);
                return;
            }
        }

        worker.Dispose();
    }

    public void Dispose()
    {
        _open.Dispose();
        lock (_workers)
        {
            _isDisposed = true;
            while (_workers.TryPop(out var worker))
            {
                worker.Dispose();
            }
        }
    }

    private IEnumerable<(Guid? Id, string Path)> Files()
    {
        foreach (var folder in disk.List(directory))
        {
            foreach (var name in disk.List(Path.Combine(directory, folder)))
            {
                var isOurs = Guid.TryParseExact(Path.GetFileNameWithoutExtension(name), "N", out var id);
                yield return (isOurs ? id : null, Path.Combine(directory, folder, name));
            }
        }
    }

    private long Length(string path)
    {
        try
        {
            using var file = disk.Open(path, DiskAccess.Read);
            return file.Length;
        }
        catch (DiskException gone) when (gone.IsAbsent)
        {
            return 0;
        }
    }

    private int? Read(string path, long offset, Span<byte> destination)
    {
        try
        {
            using var lease = _open.Enter(path);
            return lease.File.Read(destination, offset);
        }
        catch (DiskException gone) when (gone.IsAbsent)
        {
            return null;
        }
        catch (DiskException failure)
        {
            throw Faults.Translate(failure);
        }
    }

    private void DropCached(string path)
    {
        // By its name again: through a handle that is open a file that was deleted can be read still.
        _open.Forget(path);
        try
        {
            using var lease = _open.Enter(path);
            lease.File.DropCached(0, 0);
        }
        catch (DiskException)
        {
            // Whoever reads it next is told.
        }
    }

    private void Remove(string path)
    {
        if (disk.Exists(path))
        {
            disk.Unlink(path);
        }
    }

    /// <summary>
    /// The last byte of the id names the folder: the first ones are a clock and would fill one at a time.
    /// </summary>
    private string FilePath(Guid id, string suffix)
    {
        var name = id.ToString("N", CultureInfo.InvariantCulture);
        return Path.Combine(directory, name[^2..], name + suffix);
    }

    private string PartPath(Guid id, string suffix) =>
        Path.Combine(staging, id.ToString("N", CultureInfo.InvariantCulture) + suffix);

    /// <summary>Adds what is written to the counter.</summary>
    private sealed class CountedFile(IDiskFile file, LargeFiles owner) : IDiskFile
    {
        public string Path => file.Path;

        public long Length => file.Length;

        public int Write(ReadOnlySpan<byte> bytes, long offset)
        {
            var written = file.Write(bytes, offset);
            Interlocked.Add(ref owner._bytesWritten, written);
            return written;
        }

        public int Read(Span<byte> destination, long offset) => file.Read(destination, offset);

        public void Allocate(long length) => file.Allocate(length);

        public void Truncate(long length) => file.Truncate(length);

        public void WriteOut(long offset, long length) => file.WriteOut(offset, length);

        public void StartWriteOut(long offset, long length) => file.StartWriteOut(offset, length);

        public void SyncData(SyncPoint point) => file.SyncData(point);

        public void Sync(SyncPoint point) => file.Sync(point);

        public bool TryLock() => file.TryLock();

        public void Dispose() => file.Dispose();
    }
}
