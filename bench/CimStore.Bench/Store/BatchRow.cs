using System.Buffers;
using System.Diagnostics;
using CimStore.Bench.Peers;
using CimStore.Engine;

namespace CimStore.Bench.Store;

/// <summary>What the batch of small contents with one sync is worth to one client that waits for each answer.</summary>
internal static class BatchRow
{
    private const int ItemsPerBatch = 64;
    private const string Alone = "one by one";
    private const string Together = "64 at a time";

    public static async Task RunAsync(StoreOptions options, Report report, Contest contest)
    {
        const string Row = "put4k-batch";
        var count = options.FieldCount / 5;
        report.Begin(Row, $"Durable put, 4 KiB, one client, {count:N0} fresh objects");
        await contest.AlternateAsync(Row, options.RoundCount,
        [
            (Alone, folder => StoreAloneAsync(folder, count)),
            (Together, folder => StoreBatchesAsync(folder, count)),
        ]);
        report.JudgeRatio(
            Row, "put 4 KiB, one client, 64 in a batch", Metric.PutsPerSecond, Alone, null, Together);
    }

    private static async Task<Sample> StoreAloneAsync(string folder, int count)
    {
        await using var ours = await CimPeer.OpenAsync(folder, count);
        var load = new Load(count, 1);
        await load.PutAsync(ours, PutRows.SmallSizeBytes, 1);
        return new Sample { [Metric.PutsPerSecond] = load.PerSecond };
    }

    private static async Task<Sample> StoreBatchesAsync(string folder, int count)
    {
        await using var ours = await CimPeer.OpenAsync(folder, count);
        var contents = Enumerable.Range(0, ItemsPerBatch).Select(seed => Bytes.Random(PutRows.SmallSizeBytes, seed))
            .ToArray();
        var items = contents.Select(content => new StoreItem(new ReadOnlySequence<byte>(content))).ToArray();
        var started = Stopwatch.GetTimestamp();
        var stored = 0;
        while (stored < count)
        {
            foreach (var content in contents)
            {
                Bytes.Stamp(content, 1, stored++);
            }

            var results = await ours.Client.StoreManyAsync(items, StoreRequest.Default, CancellationToken.None);
            if (results.Any(result => result.Stored is not { Deduplicated: false }))
            {
                throw new InvalidDataException("An item of a batch was not stored anew.");
            }
        }

        return new Sample { [Metric.PutsPerSecond] = stored / Stopwatch.GetElapsedTime(started).TotalSeconds };
    }
}
