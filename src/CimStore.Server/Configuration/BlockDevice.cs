using System.Globalization;

namespace CimStore.Server.Configuration;

/// <summary>
/// Which device a directory lies on. By the table of mounts rather than by <c>stat</c>, whose device number differs
/// between subvolumes of one btrfs; and by the whole disk, because partitions of one disk fail together. What the
/// kernel does not say stays unknown: datasets of one ZFS pool look like several devices.
/// </summary>
public static class BlockDevice
{
    /// <summary>Partition, LUKS, logical volume: three layers are common, eight are not.</summary>
    private const int LayersMax = 8;

    /// <returns>
    /// A number that directories on one device share; for one that is not there, of the place where it would be made.
    /// Null where the system does not say.
    /// </returns>
    public static ulong? Of(string directory)
    {
        try
        {
            var existing = Path.GetFullPath(directory);
            while (!Directory.Exists(existing) && Path.GetDirectoryName(existing) is { } parent)
            {
                existing = parent;
            }

            return Of(RealPath.Of(existing), File.ReadLines("/proc/self/mountinfo"), "/sys");
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    internal static ulong? Of(string realPath, IEnumerable<string> mounts, string system)
    {
        var (best, length) = ("", -1);
        foreach (var line in mounts)
        {
            // 36 35 98:0 /root /mount/point options ... : the last mount over a point hides those before it.
            var fields = line.Split(' ');
            if (fields.Length > 4 && Unescape(fields[4]).TrimEnd('/') is var point && point.Length >= length
                && (realPath + '/').StartsWith(point + '/', StringComparison.Ordinal))
            {
                (best, length) = (fields[2], point.Length);
            }
        }

        return Number(WholeDisk(best, system));
    }

    private static string WholeDisk(string device, string system)
    {
        for (var layer = 0; layer < LayersMax; layer++)
        {
            var folder = RealPath.Of(Path.Combine(system, "dev", "block", device));
            var slaves = Path.Combine(folder, "slaves");
            var below = File.Exists(Path.Combine(folder, "partition"))
                ? Path.GetDirectoryName(folder)!
                : Directory.Exists(slaves) && Directory.GetFileSystemEntries(slaves) is [var only] ? only : null;
            if (below is null || !File.Exists(Path.Combine(below, "dev")))
            {
                break;
            }

            device = File.ReadAllText(Path.Combine(below, "dev")).Trim();
        }

        return device;
    }

    private static ulong? Number(string device) =>
        device.Split(':') is [var major, var minor]
        && uint.TryParse(major, NumberStyles.None, CultureInfo.InvariantCulture, out var high)
        && uint.TryParse(minor, NumberStyles.None, CultureInfo.InvariantCulture, out var low)
            ? ((ulong)high << 32) | low
            : null;

    /// <summary>The kernel writes space, tab, newline and backslash as three octal digits.</summary>
    private static string Unescape(string point) => point
        .Replace(@"\040", " ", StringComparison.Ordinal).Replace(@"\011", "\t", StringComparison.Ordinal)
        .Replace(@"\012", "\n", StringComparison.Ordinal).Replace(@"\134", @"\", StringComparison.Ordinal);
}
