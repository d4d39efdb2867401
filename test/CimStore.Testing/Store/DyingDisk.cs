using System.Diagnostics;
using System.Globalization;
using CimStore.Disk.Files;

namespace CimStore.Testing.Store;

/// <summary>The real disk, under a process that kills itself at a named sync or operation.</summary>
internal sealed class DyingDisk : IDisk
{
    private readonly IDisk _disk;
    private readonly string? _name;
    private readonly bool _after;
    private int _left;

    /// <param name="disk">The disk under it.</param>
    /// <param name="at">"NAME COUNT": before the call with this number; "NAME COUNT after": behind it. Null:
    /// never.</param>
    public DyingDisk(IDisk disk, string? at)
    {
        _disk = disk;
        if (at?.Split(' ') is { } words)
        {
            (_name, _left) = (words[0], int.Parse(words[1], CultureInfo.InvariantCulture));
            _after = words.Length > 2;
        }
    }

    public bool IsArmed { get; set; }

    public IDiskFile Create(string path) => new DyingFile(this, _disk.Create(path));

    public IDiskFile Open(string path, DiskAccess access) => new DyingFile(this, _disk.Open(path, access));

    public bool Exists(string path) => _disk.Exists(path);

    public void CreateDirectory(string path) => _disk.CreateDirectory(path);

    public void Rename(string from, string to) => At("Rename", () => _disk.Rename(from, to));

    public void Unlink(string path) => At("Unlink", () => _disk.Unlink(path));

    public void SyncDirectory(string path, SyncPoint point) =>
        At(point.ToString(), () => _disk.SyncDirectory(path, point));

    public IReadOnlyList<string> List(string directory) => _disk.List(directory);

    public DiskSpace Space(string path) => _disk.Space(path);

    private void At(string name, Action act)
    {
        var dies = IsArmed && name == _name && Interlocked.Decrement(ref _left) == 0;
        if (dies && !_after)
        {
            Die();
        }

        act();
        if (dies)
        {
            Die();
        }
    }

    /// <summary>SIGKILL: no handler, no flush, no goodbye.</summary>
    private static void Die()
    {
        using var self = Process.GetCurrentProcess();
        self.Kill();
        Thread.Sleep(Timeout.Infinite);
    }

    private sealed class DyingFile(DyingDisk disk, IDiskFile file) : IDiskFile
    {
        public string Path => file.Path;

        public long Length => file.Length;

        public int Write(ReadOnlySpan<byte> bytes, long offset)
        {
            var dies = disk.IsArmed && disk._name == "Write" && Interlocked.Decrement(ref disk._left) == 0;
            if (!dies)
            {
                return file.Write(bytes, offset);
            }

            // Half of it: what is torn must not be taken for whole.
            file.Write(bytes[..(bytes.Length / 2)], offset);
            Die();
            return 0;
        }

        public int Read(Span<byte> destination, long offset) => file.Read(destination, offset);

        public void Allocate(long length) => file.Allocate(length);

        public void Truncate(long length) => disk.At("Truncate", () => file.Truncate(length));

        public void WriteOut(long offset, long length) => disk.At("WriteOut", () => file.WriteOut(offset, length));

        public void SyncData(SyncPoint point) => disk.At(point.ToString(), () => file.SyncData(point));

        public void Sync(SyncPoint point) => disk.At(point.ToString(), () => file.Sync(point));

        public bool TryLock() => file.TryLock();

        public void Dispose() => file.Dispose();
    }
}
