using System.Collections.Immutable;
using CimStore.Disk.Files;
using CimStore.Objects;

namespace CimStore.Disk.Directory;

/// <summary>The data directory, locked. <c>docs/formats/data-directory.md</c> says what is in it.</summary>
internal sealed class DataDirectory : IDisposable
{
    private readonly DirectoryLock _lock;

    private DataDirectory(string path, DirectoryLock taken, DirectoryMarker marker, ImmutableArray<string> warnings) =>
        (Path, _lock, Marker, Warnings) = (path, taken, marker, warnings);

    public string Path { get; }

    public DirectoryMarker Marker { get; }

    public ImmutableArray<string> Warnings { get; }

    public string Log => System.IO.Path.Combine(Path, "log");

    public string Large => System.IO.Path.Combine(Path, "large");

    public string Staging => System.IO.Path.Combine(Path, "staging");

    public string Index => System.IO.Path.Combine(Path, "index");

    public string Uploads => System.IO.Path.Combine(Path, "uploads");

    public string Quarantine => System.IO.Path.Combine(Path, "quarantine");

    /// <summary>Opens the directory, or makes a store in it when it is empty or absent.</summary>
    /// <exception cref="Locations.LocationException">In use, of a newer format, or on a file system that is refused;
    /// nothing was changed.</exception>
    public static DataDirectory Open(IDisk disk, DiskStoreOptions options, TimeProvider time)
    {
        var path = System.IO.Path.GetFullPath(options.DataDirectory);
        var warnings = Preflight.Examine(path, disk.Space(Existing(disk, path)), options.ForceUnsafe);
        if (disk.Exists(path))
        {
            // Before anything is written: a directory of a newer format stays as it is.
            DirectoryMarker.Load(disk, path);
        }

        disk.EnsureDirectory(path);
        var taken = DirectoryLock.Take(disk, path, Environment.ProcessId, options.ListenAddress);
        try
        {
            var marker = DirectoryMarker.Load(disk, path) ?? Make(disk, path, time);
            var opened = new DataDirectory(path, taken, marker, warnings);
            disk.EnsureDirectory(opened.Log);
            disk.EnsureDirectory(opened.Large);
            disk.EnsureDirectory(opened.Staging);
            return opened;
        }
        catch
        {
            taken.Dispose();
            throw;
        }
    }

    public void Announce(string address) => _lock.Announce(Environment.ProcessId, address);

    public void Dispose() => _lock.Dispose();

    private static DirectoryMarker Make(IDisk disk, string path, TimeProvider time)
    {
        var marker = new DirectoryMarker(new IdSource(time).Next().Value, time.GetUtcNow());
        marker.Save(disk, path);
        return marker;
    }

    private static string Existing(IDisk disk, string path)
    {
        while (!disk.Exists(path) && System.IO.Path.GetDirectoryName(path) is { } parent)
        {
            path = parent;
        }

        return path;
    }
}
