using System.Diagnostics;
using CimStore.Bench.Peers;

namespace CimStore.Bench.Store;

/// <summary>Verified reads of what the page cache holds.</summary>
internal static class GetRows
{
    private const int LargeSizeBytes = 64 << 20;
    private const int LargeReads = 16;

    // Not measured: the runtime compiles a path anew when it has been gone often.
    private const int LargeReadsBefore = 4;

    // A turn takes a second or so.
    private const int RoundsFactor = 3;

    private static readonly string[] Readers =
    [
        Field.OursCached, Field.OursTrusting, Field.OursUncached,
        "rocksdb-queue", "rocksdb-blob-queue", "lmdb", "sqlite", "files",
    ];

    public static async Task SmallAsync(StoreOptions options, Report report, Contest contest)
    {
        var stored = options.FieldCount / 5;
        var gets = options.FieldCount * 2;
        await SmallAsync(1, "get4k-1", 1.2);
        await SmallAsync(16, "get4k-16", 1);

        async Task SmallAsync(int inFlight, string row, double target)
        {
            report.Begin(row, $"Warm verified get, 4 KiB, {inFlight} in flight, {stored:N0} objects, {gets:N0} gets");
            await contest.RunAsync(row, Readers, options.ManyRounds(RoundsFactor), stored, async (contender, seed) =>
            {
                await new Load(stored, 64).PutAsync(contender, PutRows.SmallSizeBytes, seed);
                await new Load(stored, 1).GetAsync(contender, PutRows.SmallSizeBytes, stored);
                var load = new Load(gets, inFlight);
                await load.GetAsync(contender, PutRows.SmallSizeBytes, stored);
                return new Sample
                {
                    [Metric.GetsPerSecond] = load.PerSecond,
                    [Metric.Middle] = load.PercentileMicroseconds(0.5),
                    [Metric.Tail] = load.PercentileMicroseconds(0.99),
                    [Metric.Work] = load.WorkedMicrosecondsEach,
                };
            });
            var warm = $"get 4 KiB warm, {inFlight} in flight, hashed at each get";
            report.JudgeAgainstBest(row, $"{warm}, from memory", Metric.GetsPerSecond, target, Field.OursCached);
            report.JudgeAgainstBest(row, $"{warm}, cache off", Metric.GetsPerSecond, target, Field.OursUncached);
        }
    }

    public static async Task LargeAsync(StoreOptions options, Report report, Contest contest)
    {
        const string Row = "get64m";
        report.Begin(Row, "Warm verified get, 64 MiB (peers verify by SHA-256)");
        var readers = Readers.Where(r => r is not (Field.OursCached or Field.OursTrusting));
        await contest.RunAsync(Row, readers, options.ManyRounds(RoundsFactor), 1,
            async (contender, seed) =>
            {
                await contender.PutAsync(0, Bytes.Random(LargeSizeBytes, seed));
                await ReadAsync(contender, LargeReadsBefore);
                var started = Stopwatch.GetTimestamp();
                await ReadAsync(contender, LargeReads);
                var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
                return new Sample { [Metric.MegabytesPerSecond] = LargeReads * (LargeSizeBytes / 1e6) / seconds };
            });
        report.JudgeAgainstBest(Row, "get 64 MiB warm, verified", Metric.MegabytesPerSecond, 2, Field.OursUncached);
    }

    private static async Task ReadAsync(IContender contender, int times)
    {
        for (var i = 0; i < times; i++)
        {
            var length = await contender.GetLargeAsync(0);
            if (length != LargeSizeBytes)
            {
                throw new InvalidDataException($"{contender.Name} returned {length} bytes.");
            }
        }
    }
}
