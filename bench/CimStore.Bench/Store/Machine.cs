using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using CimStore.Bench.Peers;

namespace CimStore.Bench.Store;

/// <summary>The machine the numbers belong to, with a small probe of its disk.</summary>
internal sealed record Machine(string Processor, string Memory, string FileSystem, string Disk)
{
    private const int ProbeCount = 300;
    private const int ProbeSizeBytes = 4096;
    private const int StreamSizeBytes = 256 << 20;

    public static Machine Describe(string folder)
    {
        var family = Fact("/proc/cpuinfo", "cpu family");
        var processor = $"{Fact("/proc/cpuinfo", "model name")} (family {family}), {Environment.ProcessorCount} cores";
        var memoryKiB = long.Parse(Fact("/proc/meminfo", "MemTotal").Split(' ')[0], CultureInfo.InvariantCulture);
        return new Machine(processor, $"{memoryKiB >> 20} GiB", MountOf(folder), Probe(folder));
    }

    public string ToMarkdown() => $"""
        | | |
        |---|---|
        | processor | {Processor} |
        | memory | {Memory} |
        | system | {RuntimeInformation.OSDescription} |
        | file system | {FileSystem} |
        | disk | {Disk} |
        | runtime | {RuntimeInformation.FrameworkDescription} |

        """;

    private static string Fact(string file, string name) =>
        File.ReadLines(file).FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))?
            .Split(':')[1].Trim() ?? "unknown";

    private static string MountOf(string folder)
    {
        var mount = File.ReadLines("/proc/mounts").Select(line => line.Split(' '))
            .Where(fields => folder.StartsWith(fields[1], StringComparison.Ordinal))
            .MaxBy(fields => fields[1].Length);
        return mount is null ? "unknown" : $"{mount[2]} ({mount[3]})";
    }

    /// <summary>Appends a page and syncs, again and again; then writes one long stream and syncs once.</summary>
    private static string Probe(string folder)
    {
        var path = Path.Combine(folder, "probe");
        var micros = new double[ProbeCount];
        using (var file = File.OpenHandle(path, FileMode.Create, FileAccess.ReadWrite))
        {
            var page = new byte[ProbeSizeBytes];
            for (var i = 0; i < ProbeCount; i++)
            {
                var started = Stopwatch.GetTimestamp();
                RandomAccess.Write(file, page, (long)i * ProbeSizeBytes);
                LinuxFiles.SyncData(file);
                micros[i] = Stopwatch.GetElapsedTime(started).TotalMicroseconds;
            }
        }

        var rate = Stream(path);
        File.Delete(path);
        Array.Sort(micros);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"append 4 KiB + fdatasync: median {micros[ProbeCount / 2]:N0} us, "
            + $"p99 {micros[ProbeCount * 99 / 100]:N0} us; "
            + $"256 MiB + fsync: {rate:N0} MB/s");
    }

    private static double Stream(string path)
    {
        var chunk = new byte[1 << 20];
        var started = Stopwatch.GetTimestamp();
        using var file = File.OpenHandle(path, FileMode.Create, FileAccess.ReadWrite);
        for (var offset = 0L; offset < StreamSizeBytes; offset += chunk.Length)
        {
            RandomAccess.Write(file, chunk, offset);
        }

        LinuxFiles.Sync(file);
        return StreamSizeBytes / Stopwatch.GetElapsedTime(started).TotalSeconds / 1e6;
    }
}
