using System.Globalization;

namespace CimStore.Bench.Store;

/// <summary>What the kernel counted for this process.</summary>
internal static class ProcessCounters
{
    /// <summary>Resident memory at its highest since the process began.</summary>
    public static double ResidentPeakMebibytes() => Read("/proc/self/status", "VmHWM:") / 1024.0;

    private static long Read(string file, string name)
    {
        var line = File.ReadLines(file).First(l => l.StartsWith(name, StringComparison.Ordinal));
        return long.Parse(line[name.Length..].Trim().Split(' ')[0], CultureInfo.InvariantCulture);
    }
}
