using System.Globalization;
using System.Text;
using CimStore.Disk.Files;
using CimStore.Locations;

namespace CimStore.Disk.Directory;

/// <summary>
/// One process at a time. The kernel's lock decides, and ends with the process; what the file says is only for people,
/// so one left by a process that died is no obstacle.
/// </summary>
internal sealed class DirectoryLock : IDisposable
{
    public const string FileName = "lock";

    private const int SizeBytesMax = 4096;

    private readonly IDiskFile _file;

    private DirectoryLock(IDiskFile file) => _file = file;

    /// <exception cref="LocationException">Another process has the directory; the message says which.</exception>
    public static DirectoryLock Take(IDisk disk, string directory, int processId, string? address)
    {
        var path = Path.Combine(directory, FileName);
        var file = disk.Exists(path) ? disk.Open(path, DiskAccess.ReadWrite) : CreateOrOpen(disk, path);
        if (!file.TryLock())
        {
            var owner = Owner(file);
            file.Dispose();
            throw new LocationException(
                LocationFault.Offline, $"The data directory {directory} is in use by {owner}.");
        }

        var taken = new DirectoryLock(file);
        taken.Announce(processId, address);
        return taken;
    }

    /// <summary>
    /// Writes who has the lock and where it listens. Not synced: it matters only while the process lives.
    /// </summary>
    public void Announce(int processId, string? address)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"{processId} {address}\n");
        _file.Truncate(0);
        _file.WriteFully(Encoding.UTF8.GetBytes(text), 0);
    }

    public void Dispose() => _file.Dispose();

    private static IDiskFile CreateOrOpen(IDisk disk, string path)
    {
        try
        {
            return disk.Create(path);
        }
        catch (DiskException exists) when (exists.Errno == Errno.Exists)
        {
            // Another process made it between the look and the creation; the lock decides.
            return disk.Open(path, DiskAccess.ReadWrite);
        }
    }

    private static string Owner(IDiskFile file)
    {
        var bytes = new byte[SizeBytesMax];
        var words = Encoding.UTF8.GetString(bytes, 0, file.Read(bytes, 0))
            .Split(' ', 2, StringSplitOptions.TrimEntries);
        if (words is not [{ Length: > 0 } pid, ..])
        {
            return "another process";
        }

        return words is [_, { Length: > 0 } address] ? $"pid {pid} ({address})" : $"pid {pid}";
    }
}
