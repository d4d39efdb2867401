using System.Diagnostics;
using CimStore.Disk.Files;
using CimStore.Disk.Log;

namespace CimStore.Bench.Log;

/// <summary>
/// Durable commits per second of the content log, on the disk that holds the given directory. Expected on the small
/// cloud disk we measure on: 4 KiB at 1 in flight 4,000/s, at 64 in flight 45,000/s; 1.04 bytes written per byte
/// stored.
/// </summary>
internal static class LogBench
{
    private static readonly (int Bytes, int InFlight)[] Cases =
        [(4096, 1), (4096, 8), (4096, 16), (4096, 64), (4096, 128), (100 << 10, 1), (100 << 10, 16), (1 << 20, 4)];

    public static async Task RunAsync(string directory, TimeSpan duration)
    {
        Console.WriteLine($"{"bytes",9} {"in flight",9} {"recycle",7} {"commits/s",10} {"MB/s",7} {"sync/s",7} "
            + $"{"written/stored",14} {"B alloc/commit",14} {"p50 us",7} {"p99 us",7}");
        foreach (var recycle in (int[])[0, 4])
        {
            foreach (var (bytes, inFlight) in Cases)
            {
                var path = Path.Combine(directory, $"log-{recycle}-{bytes}-{inFlight}");
                await MeasureAsync(path, bytes, inFlight, recycle, duration);
            }
        }

        await MeasureOpenAsync(Path.Combine(directory, "log-open"));
    }

    private static async Task MeasureAsync(string path, int bytes, int inFlight, int recycle, TimeSpan duration)
    {
        var log = Open(path, null, recycle);
        try
        {
            await RunCommittersAsync(log, bytes, inFlight, recycle, TimeSpan.FromSeconds(1));
            var before = Snapshot(log);
            var allocated = GC.GetTotalAllocatedBytes(precise: true);
            var watch = Stopwatch.StartNew();
            var latencies = await RunCommittersAsync(log, bytes, inFlight, recycle, duration);
            var seconds = watch.Elapsed.TotalSeconds;
            allocated = GC.GetTotalAllocatedBytes(precise: true) - allocated;
            var after = Snapshot(log);
            var commits = after.Writes - before.Writes;
            latencies.Sort();
            Console.WriteLine(
                $"{bytes,9} {inFlight,9} {recycle,7} {commits / seconds,10:N0} {commits * bytes / seconds / 1e6,7:N0} "
                + $"{(after.Syncs - before.Syncs) / seconds,7:N0} "
                + $"{(after.Written - before.Written) / (double)(commits * bytes),14:N3} {allocated / commits,14:N0} "
                + $"{Micros(latencies, 0.5),7:N0} {Micros(latencies, 0.99),7:N0}");
        }
        finally
        {
            await log.DisposeAsync();
            Directory.Delete(path, recursive: true);
        }
    }

    private static async Task<List<long>> RunCommittersAsync(
        ContentLog log, int bytes, int inFlight, int recycle, TimeSpan duration)
    {
        var until = Stopwatch.GetTimestamp() + (long)(duration.TotalSeconds * Stopwatch.Frequency);
        var committers = Enumerable.Range(0, inFlight).Select(index => Task.Run(async () =>
        {
            var write = new OneRecord(new byte[bytes]);
            new Random(index).NextBytes(write.Payload);
            var latencies = new List<long>(1 << 16);
            for (var now = Stopwatch.GetTimestamp(); now < until;)
            {
                await log.CommitAsync(write, CancellationToken.None);
                var then = now;
                now = Stopwatch.GetTimestamp();
                latencies.Add(now - then);
                if (recycle > 0 && index == 0 && log.Segments() is { Count: > 2 } segments)
                {
                    await log.DropSegmentAsync(segments[0].Id, CancellationToken.None);
                }
            }

            return latencies;
        })).ToArray();
        return [.. (await Task.WhenAll(committers)).SelectMany(static latencies => latencies)];
    }

    private static async Task MeasureOpenAsync(string path)
    {
        const int objects = 1_000_000;
        var index = new CursorProjection();
        var log = Open(path, null, 0, index);
        await Parallel.ForEachAsync(Enumerable.Range(0, objects / 500), async (_, token) =>
            await log.CommitAsync(new ManyRecords(500), token));
        await log.DisposeAsync();
        foreach (var from in (LogCursor?[])[index.Cursor, null])
        {
            var watch = Stopwatch.StartNew();
            log = Open(path, from, 0, new CursorProjection());
            Console.WriteLine($"open {objects:N0} objects, {(from is null ? "replaying all" : "index current")}: "
                + $"{watch.Elapsed.TotalMilliseconds:N1} ms");
            await log.DisposeAsync();
        }

        Directory.Delete(path, recursive: true);
    }

    private static double Micros(List<long> sorted, double quantile) =>
        sorted[(int)((sorted.Count - 1) * quantile)] * 1e6 / Stopwatch.Frequency;

    private static (long Writes, long Syncs, long Written) Snapshot(ContentLog log) => (
        log.Counters.Writes,
        log.Counters.Syncs,
        log.Counters.ContentBytes + log.Counters.OverheadBytes + log.Counters.PaddingBytes);

    private static ContentLog Open(string path, LogCursor? from, int recycle, CursorProjection? projection = null) =>
        ContentLog.Open(
            new PosixDisk(),
            path,
            new Guid("00112233-4455-6677-8899-aabbccddeeff"),
            from,
            projection ?? new CursorProjection(),
            new LogOptions { RecycledSegmentsMax = recycle },
            TimeProvider.System);

    private sealed class OneRecord(byte[] payload) : LogWrite
    {
        private static readonly byte[] Key = new byte[36];

        public byte[] Payload => payload;

        public override LogWriteSize Size => new(1, Key.Length + payload.Length);

        public override void Write(BatchBuilder batch) => batch.Append(1, 0, Key, default, payload);
    }

    private sealed class ManyRecords(int count) : LogWrite
    {
        private static readonly byte[] Key = new byte[36];

        public override LogWriteSize Size => new(count, Key.Length * 2L * count);

        public override void Write(BatchBuilder batch)
        {
            for (var index = 0; index < count; index++)
            {
                batch.Append(1, 0, Key, default, Key);
            }
        }
    }

    private sealed class CursorProjection : ILogProjection
    {
        public LogCursor Cursor { get; private set; }

        public void Apply(LogBatch batch) => Cursor = batch.End;

        public void Void(LogCursor durable)
        {
        }

        public void Report(LogFinding finding) => Console.WriteLine(finding);
    }
}
