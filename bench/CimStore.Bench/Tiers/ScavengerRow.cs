using System.Buffers.Binary;
using System.Diagnostics;
using CimStore.Bench.Store;
using CimStore.Content;
using CimStore.Disk;
using CimStore.Disk.Lifecycle;
using CimStore.Disk.Pool;
using CimStore.Engine;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Policies;

namespace CimStore.Bench.Tiers;

/// <summary>
/// A cycle of the scavenger over a due index of many objects, none due; then with 10,000 due that stay where they are:
/// read from the index, decided and dated anew.
/// </summary>
internal static class ScavengerRow
{
    private const int DueCount = 10_000;
    private const int RoundsFactor = 3;
    private const int StoredCount = 10_000;
    private const int StoredAtOnce = 500;
    private const string Row = "scavenger";

    private static readonly Metric CycleWork = new("cpu ms/cycle", false, "N2");
    private static readonly Metric DecidedWork = new("cpu us/decided", false, "N1");
    private static readonly Metric Decided = new("decided/s", true, "N0");
    private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();

    public static async Task RunAsync(Report report, StoreOptions options)
    {
        report.Begin(Row, $"one cycle over {options.ObjectCount:N0} objects");
        using var folder = new BenchFolder(options.Folder);
        var store = await DiskStore.OpenAsync(
            new DiskStoreOptions { DataDirectory = Path.Combine(folder.Path, "data"), ForceUnsafe = true },
            TimeProvider.System, CancellationToken.None);
        var pool = await PoolLocation.OpenAsync(
            BenchPool.Options(folder.Path) with
            {
                DataShards = 1, ParityShards = 0, Sets = [[Path.Combine(folder.Path, "warm")]],
            },
            TimeProvider.System, CancellationToken.None);
        var due = DueIndex.Open(Path.Combine(folder.Path, "due"), store.DurableLsn);
        var ports = StorageNodePorts.Of(store) with
        {
            Locations = [store, pool],
            Tiers = new TierSettings(MigrationPolicies.Adaptive, due),
        };
        await using var node = await StorageNode.OpenAsync(
            ports, TimeProvider.System, new IdSource(TimeProvider.System), new StorageNodeOptions(), null,
            CancellationToken.None);
        await StoreAsync(node);
        await FillAsync(due, options.ObjectCount);

        // Dated with another stamp than the node's: the first cycles make that good, and are not counted.
        while ((await node.Scavenger!.RunAsync(CancellationToken.None)).IsRedating)
        {
        }

        await SettleAsync();
        var (idle, busy) = (new List<Sample>(), new List<Sample>());
        // One kind after the other: what the index does behind the writes of one is not the work of the other.
        for (var round = 0; round < options.ManyRounds(RoundsFactor); round++)
        {
            var cpu = Environment.CpuUsage.TotalTime;
            var cycle = await node.Scavenger.RunAsync(CancellationToken.None);
            Require(cycle.Looked == 0);
            idle.Add(new Sample { [CycleWork] = (Environment.CpuUsage.TotalTime - cpu).TotalMilliseconds });
        }

        for (var round = 0; round < options.ManyRounds(RoundsFactor); round++)
        {
            busy.Add(await DueAsync(node, due));
        }

        report.Add(Row, "none-due", idle);
        report.Add(Row, "10,000-due", busy);
        report.JudgeLimit(Row, "a cycle with none due", CycleWork, 50, "none-due");
        var found = report.Find(Row, "10,000-due", Decided)!.Median;
        report.Judge(
            "10,000 due, decided and dated anew", ">= 50000/s", $"{found:N0}/s", found >= 50_000);
    }

    private static async Task<Sample> DueAsync(StorageNode node, DueIndex due)
    {
        var page = await due.ListAsync(null, DueCount, CancellationToken.None);
        await due.ApplyAsync(
            [.. page.Select(record => new DueChange(record.Key, record, record with { Due = Now }))], due.Seen,
            CancellationToken.None);
        var (started, cpu) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
        var cycle = await node.Scavenger!.RunAsync(CancellationToken.None);
        var took = Stopwatch.GetElapsedTime(started);
        Require(cycle is { Looked: DueCount, Moved: 0, NotMoved: 0 });
        var work = (Environment.CpuUsage.TotalTime - cpu).TotalMicroseconds;
        return new Sample { [Decided] = DueCount / took.TotalSeconds, [DecidedWork] = work / DueCount };
    }

    /// <summary>Each cycle looks at some objects of the catalog too, for the gauges: there have to be as many.
    /// </summary>
    private static async Task StoreAsync(StorageNode node)
    {
        for (var first = 0; first < StoredCount; first += StoredAtOnce)
        {
            var items = Enumerable.Range(first, StoredAtOnce)
                .Select(index => new StoreItem(new(Bytes.Random(100, index)), null)).ToList();
            await node.StoreManyAsync(items, StoreRequest.Default, CancellationToken.None);
        }
    }

    /// <summary>Waits until the index has done what the filling left to its background threads.</summary>
    private static async Task SettleAsync()
    {
        TimeSpan cpu;
        do
        {
            cpu = Environment.CpuUsage.TotalTime;
            await Task.Delay(TimeSpan.FromMilliseconds(500));
        }
        while (Environment.CpuUsage.TotalTime - cpu > TimeSpan.FromMilliseconds(5));
    }

    private static async Task FillAsync(DueIndex due, int count)
    {
        var changes = new List<DueChange>();
        var digest = new byte[Blake3.HashSizeBytes];
        for (var index = 0; index < count; index++)
        {
            var key = Key(index, digest);
            changes.Add(new DueChange(key, null, Record(key, index)));
            if (changes.Count == 4096 || index == count - 1)
            {
                await due.ApplyAsync(changes, due.Seen, CancellationToken.None);
                changes.Clear();
            }
        }
    }

    private static ContentKey Key(int index, byte[] digest)
    {
        Span<byte> number = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(number, index);
        Blake3.Hash(number, digest);
        return ContentKey.Shared(Cid.ForRaw(digest));
    }

    /// <summary>At Warm, where the policy keeps it for some weeks.</summary>
    private static DueRecord Record(ContentKey key, int index) => new(
        key,
        new MigrationFacts
        {
            SizeBytes = 4096 + index,
            CreatedAt = Now - TimeSpan.FromDays(10) - TimeSpan.FromSeconds(index % 100_000),
            Tier = StorageTier.Warm,
            TierSince = Now - TimeSpan.FromDays(5),
        },
        0, Now + TimeSpan.FromDays(9), null);

    private static void Require(bool isTrue)
    {
        if (!isTrue)
        {
            throw new InvalidOperationException("The cycle did something else than it is measured for.");
        }
    }
}
