using System.Globalization;

namespace CimStore.Bench.Store;

/// <summary>
/// Bytes that reached the device under a directory, the file system's own included. It counts for every process, so
/// the machine must be quiet. The kernel's count for one process (/proc/self/io) would not do: since file systems keep
/// large folios, an overwrite of one page counts as the whole folio, up to 2 MiB, although only the page is written.
/// </summary>
internal sealed class DiskCounter
{
    private const int WrittenSectorsField = 6;
    private const int SectorSizeBytes = 512;

    private readonly string? _statistics;

    public DiskCounter(string folder)
    {
        var mount = File.ReadLines("/proc/self/mountinfo").Select(line => line.Split(' '))
            .Where(fields => folder.StartsWith(fields[4], StringComparison.Ordinal))
            .MaxBy(fields => fields[4].Length);
        var path = $"/sys/dev/block/{mount?[2]}/stat";
        _statistics = File.Exists(path) ? path : null;
    }

    /// <summary>NaN where the device keeps no count.</summary>
    public double WrittenBytes()
    {
        if (_statistics is null)
        {
            return double.NaN;
        }

        var fields = File.ReadAllText(_statistics).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return double.Parse(fields[WrittenSectorsField], CultureInfo.InvariantCulture) * SectorSizeBytes;
    }
}
