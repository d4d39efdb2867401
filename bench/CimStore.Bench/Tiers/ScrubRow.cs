using System.Diagnostics;
using CimStore.Bench.Peers;
using CimStore.Bench.Store;
using CimStore.Disk.Pool;
using CimStore.Locations;

namespace CimStore.Bench.Tiers;

/// <summary>
/// Proving every shard of a copy again, from the medium, against reading the same files from beginning to end from the
/// medium, one after the other. Rates are of the bytes that were read: all shards, not the content.
/// </summary>
internal static class ScrubRow
{
    private const string Row = "pool-scrub";
    private const int SizeBytes = 64 << 20;
    private const int PieceBytes = 1 << 20;
    private const int RoundsFactor = 3;

    public static async Task RunAsync(Report report, StoreOptions options)
    {
        report.Begin(Row, "every byte of 64 MiB in 4+4 from the medium, unthrottled");
        using var folder = new BenchFolder(options.Folder);
        await using var pool = await BenchPool.OpenAsync(folder.Path);
        var (key, copy) = await BenchPool.PutAsync(pool, BenchPool.Named.Of(Bytes.Random(SizeBytes, 6)));
        string[] files =
        [
            .. Directory.EnumerateFiles(folder.Path, "*.blob", SearchOption.AllDirectories),
            .. Directory.EnumerateFiles(folder.Path, "*.tree", SearchOption.AllDirectories),
        ];
        var (ours, raw) = (new List<Sample>(), new List<Sample>());
        for (var round = -1; round < options.ManyRounds(RoundsFactor); round++)
        {
            for (var turn = 0; turn < 2; turn++)
            {
                var isOurs = (turn == 0) == (round % 2 == 0);
                var sample = isOurs
                    ? await Measure(() => InspectAsync(pool, key, copy))
                    : await Measure(() => ValueTask.FromResult(files.Sum(ReadFromMedium)));
                if (round >= 0)
                {
                    (isOurs ? ours : raw).Add(sample);
                }
            }
        }

        report.Add(Row, "scrub", ours);
        report.Add(Row, "sequential", raw);
        report.JudgeRatio(Row, "scrub of a pool", Metric.MegabytesPerSecond, "sequential", 0.8, "scrub");
    }

    private static async ValueTask<long> InspectAsync(PoolLocation pool, ContentKey key, Copy copy)
    {
        var condition = await pool.InspectAsync(key, copy, null, CancellationToken.None);
        return condition is { IsWhole: true }
            ? condition.BytesRead
            : throw new InvalidOperationException("The copy is not what was put.");
    }

    private static long ReadFromMedium(string path)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        LinuxFiles.DropCached(file);
        var piece = new byte[PieceBytes];
        long total = 0;
        int read;
        while ((read = RandomAccess.Read(file, piece, total)) > 0)
        {
            total += read;
        }

        return total;
    }

    private static async Task<Sample> Measure(Func<ValueTask<long>> read)
    {
        var (started, cpu) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
        var bytes = await read();
        return new Sample
        {
            [Metric.MegabytesPerSecond] = bytes / Stopwatch.GetElapsedTime(started).TotalSeconds / 1e6,
            [Metric.Work] = (Environment.CpuUsage.TotalTime - cpu).TotalMicroseconds,
        };
    }
}
