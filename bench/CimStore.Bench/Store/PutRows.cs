using CimStore.Bench.Peers;

namespace CimStore.Bench.Store;

/// <summary>Durable puts of small contents.</summary>
internal static class PutRows
{
    public const int SmallSizeBytes = 4 << 10;
    public const int MiddleSizeBytes = 100 << 10;

    public static async Task SmallAsync(StoreOptions options, Report report, Contest contest, int inFlight)
    {
        var row = $"put4k-{inFlight}";
        var count = inFlight == 1 ? options.FieldCount / 5 : options.FieldCount;
        report.Begin(row, $"Durable put, 4 KiB, {inFlight} in flight, {count:N0} fresh objects");
        var rounds = options.ManyRounds(inFlight == 1 ? 2 : 1);
        await contest.RunAsync(row, Field.Writers, rounds, count,
            (contender, seed) => PutAsync(contender, count, SmallSizeBytes, inFlight, seed));
        double? target = inFlight switch { 1 => 1.2, 64 => 2, _ => null };
        report.JudgeAgainstBest(row, $"put 4 KiB, {inFlight} in flight", Metric.PutsPerSecond, target);
    }

    public static async Task MiddleAsync(StoreOptions options, Report report, Contest contest)
    {
        const string Row = "put100k-16";
        var count = options.FieldCount / 10;
        report.Begin(Row, $"Durable put, 100 KiB, 16 in flight, {count:N0} fresh objects");
        await contest.RunAsync(Row, Field.Writers, options.RoundCount, count,
            (contender, seed) => PutAsync(contender, count, MiddleSizeBytes, 16, seed));
        report.JudgeAgainstBest(Row, "put 100 KiB, 16 in flight", Metric.MegabytesPerSecond, 1.3);
    }

    /// <summary>The row everything turns on: a million objects, against the best of the field.</summary>
    public static async Task HeadlineAsync(StoreOptions options, Report report, Contest contest)
    {
        const string Row = "put4k-headline";
        var limit = TimeSpan.FromSeconds(150);
        report.Begin(Row, $"Durable put, 4 KiB, 64 in flight, {options.ObjectCount:N0} fresh objects");
        var peers = report.Results.Where(r => r.Row == "put4k-64" && r.Metric == Metric.PutsPerSecond)
            .Where(r => !Field.IsOurs(r.Contender)).OrderByDescending(r => r.Median).Select(r => r.Contender);
        var best = peers.Take(options.IsQuick ? 1 : 2).ToList();
        var names = (best.Count > 0 ? best : Field.Writers.Where(name => !Field.IsOurs(name))).Prepend(Field.Ours);
        await contest.RunAsync(Row, names, options.RoundCount, options.ObjectCount,
            (contender, seed) => PutAsync(contender, options.ObjectCount, SmallSizeBytes, 64, seed, limit));
        report.JudgeAgainstBest(
            Row, $"put 4 KiB, 64 in flight, {options.ObjectCount:N0} objects", Metric.PutsPerSecond, 2);
        report.JudgeLimit(Row, "bytes written per byte stored, 4 KiB, 64 in flight", Metric.WrittenPerStored, 1.35);
        if (report.Find("put4k-1", Field.Ours, Metric.WrittenPerStored) is { } alone)
        {
            report.Judge("bytes written per byte stored, 4 KiB, 1 in flight", "report", Markdown.Show(alone), null);
        }
    }

    public static async Task<Sample> PutAsync(
        IContender contender, int count, int sizeBytes, int inFlight, int seed, TimeSpan? limit = null)
    {
        var load = new Load(count, inFlight, limit);
        await load.PutAsync(contender, sizeBytes, seed);
        var sample = new Sample
        {
            [Metric.PutsPerSecond] = load.PerSecond,
            [Metric.MegabytesPerSecond] = load.PerSecond * sizeBytes / 1e6,
            [Metric.Middle] = load.PercentileMicroseconds(0.5),
            [Metric.Tail] = load.PercentileMicroseconds(0.99),
            [Metric.Work] = load.WorkedMicrosecondsEach,
            [Metric.WrittenPerStored] = (double)load.Answered * sizeBytes,
        };
        if (contender is CimPeer ours)
        {
            sample[Metric.CountedPerStored] = ours.CountedBytes / ((double)load.Answered * sizeBytes);
        }

        return sample;
    }
}
