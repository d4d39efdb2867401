using System.Diagnostics;
using System.IO.Pipelines;
using CimStore.Bench.Peers;
using CimStore.Content;
using CimStore.Engine;

namespace CimStore.Bench.Store;

/// <summary>Durable puts of 64 MiB streams, alone and beside small puts.</summary>
internal static class StreamRows
{
    private const int StreamSizeBytes = 64 << 20;
    private const int StreamCount = 8;
    private const int SmallCountMax = 400_000;

    public static async Task AloneAsync(StoreOptions options, Report report, Contest contest)
    {
        const string Row = "put64m";
        report.Begin(Row, $"Durable put, {StreamCount} streams of 64 MiB from files, one after the other");
        using var sources = new BenchFolder(options.Folder);
        for (var i = 0; i < StreamCount; i++)
        {
            await File.WriteAllBytesAsync(Path.Combine(sources.Path, $"{i}"), Bytes.Random(StreamSizeBytes, i));
        }

        await contest.AlternateAsync(Row, options.RoundCount,
        [
            (Field.Ours, folder => StoreAsync(sources.Path, folder)),
            ("cp + sync", folder => CopyAsync($"for f in {sources.Path}/*; do cp $f {folder}/; sync; done")),
            ("cp + sync -d FILE", folder =>
                CopyAsync($"for f in {sources.Path}/*; do cp $f {folder}/; sync {folder}/${{f##*/}}; done")),
            ("BLAKE3 only", _ => HashAsync(sources.Path)),
        ]);
        report.JudgeRatio(Row, "put 64 MiB streams", Metric.MegabytesPerSecond, "cp + sync", 0.85);
    }

    /// <summary>What a stream of large content does to the tail of small puts.</summary>
    public static async Task BesideAsync(StoreOptions options, Report report, Contest contest)
    {
        foreach (var inFlight in new[] { 1, 16 })
        {
            var row = $"tail-{inFlight}";
            report.Begin(row, $"4 KiB puts, {inFlight} in flight, idle and while 64 MiB streams are stored");

            // Once unmeasured: what the runtime compiles meanwhile takes a processor from the puts.
            using (var warm = new BenchFolder(options.Folder))
            {
                await TailAsync(warm.Path, inFlight, StreamCount);
            }

            await contest.AlternateAsync(row, options.RoundCount,
            [
                ("cimstore idle", folder => TailAsync(folder, inFlight, streams: 0)),
                ("cimstore beside stream", folder => TailAsync(folder, inFlight, StreamCount)),
            ]);
            if (report.Find(row, "cimstore idle", Metric.Tail) is { } idle
                && report.Find(row, "cimstore beside stream", Metric.Tail) is { } busy)
            {
                var ratio = busy.Median / idle.Median;
                report.Judge(
                    $"p99 of 4 KiB puts beside a 64 MiB stream, {inFlight} in flight", "<= 3 x idle",
                    FormattableString.Invariant($"{ratio:N2} x"), ratio <= 3);
            }
        }
    }

    private static async Task<Sample> StoreAsync(string sources, string folder)
    {
        await using var ours = await CimPeer.OpenAsync(folder, 1);
        var started = Stopwatch.GetTimestamp();
        foreach (var path in Directory.EnumerateFiles(sources))
        {
            await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1);
            var content = PipeReader.Create(file, new StreamPipeReaderOptions(bufferSize: 1 << 20));
            var request = new StoreRequest { LengthBytes = StreamSizeBytes };
            await ours.Client.StoreAsync(content, request, CancellationToken.None);
        }

        return Rate(Stopwatch.GetElapsedTime(started).TotalSeconds);
    }

    private static async Task<Sample> CopyAsync(string script) => Rate((await Shell.RunScriptAsync(script)).Seconds);

    private static Task<Sample> HashAsync(string sources)
    {
        var buffer = new byte[1 << 20];
        var digest = new byte[32];
        var started = Stopwatch.GetTimestamp();
        foreach (var path in Directory.EnumerateFiles(sources))
        {
            using var file = File.OpenHandle(path);
            var hasher = new Blake3Hasher();
            for (var offset = 0L; RandomAccess.Read(file, buffer, offset) is > 0 and var read; offset += read)
            {
                hasher.Update(buffer.AsSpan(0, read));
            }

            hasher.Finish(digest);
        }

        return Task.FromResult(Rate(Stopwatch.GetElapsedTime(started).TotalSeconds));
    }

    private static Sample Rate(double seconds) =>
        new() { [Metric.MegabytesPerSecond] = StreamCount * (StreamSizeBytes / 1e6) / seconds };

    private static async Task<Sample> TailAsync(string folder, int inFlight, int streams)
    {
        await using var ours = await CimPeer.OpenAsync(folder, SmallCountMax);
        await new Load(SmallCountMax, inFlight, TimeSpan.FromSeconds(1)).PutAsync(ours, PutRows.SmallSizeBytes, 1);

        // Made before: 64 MiB of random bytes take a processor for longer than a stream does.
        var content = Bytes.Random(StreamSizeBytes, 3);
        var load = new Load(SmallCountMax, inFlight, streams == 0 ? TimeSpan.FromSeconds(3) : null);
        var puts = load.PutAsync(ours, PutRows.SmallSizeBytes, 2);
        var started = Stopwatch.GetTimestamp();
        for (var i = 0; i < streams; i++)
        {
            Bytes.Stamp(content, 3, i);
            await ours.StoreLargeAsync(content);
        }

        var streaming = Stopwatch.GetElapsedTime(started).TotalSeconds;
        if (streams > 0)
        {
            load.Stop();
        }

        await puts;
        var sample = new Sample
        {
            [Metric.PutsPerSecond] = load.PerSecond,
            [Metric.Middle] = load.PercentileMicroseconds(0.5),
            [Metric.Tail] = load.PercentileMicroseconds(0.99),
        };
        if (streams > 0)
        {
            // Of the streams, beside the puts.
            sample[Metric.MegabytesPerSecond] = streams * (StreamSizeBytes / 1e6) / streaming;
        }

        return sample;
    }
}
