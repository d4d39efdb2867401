using CimStore.Disk.Files;
using CimStore.Disk.Pool;
using CimStore.Testing.Disk;
using CimStore.Testing.Store;
using Xunit;

namespace CimStore.Adapters.Tests.Crash;

/// <summary>The power goes at every operation of a pool; every promise given until then is kept.</summary>
public sealed class PoolPowerCutTests
{
    private const int Fates = 1;
    private const int DisksMin = 300;

    /// <summary>The syncs without which a promise of the pool breaks, for all that the others do.</summary>
    public static TheoryData<string> SyncPoints =>
    [
        nameof(SyncPoint.LargeFile),
        nameof(SyncPoint.LargeTree),
        nameof(SyncPoint.LargeName),
        nameof(SyncPoint.LogBatch),
        nameof(SyncPoint.NewDirectory),
        nameof(SyncPoint.DurableName),
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact, Trait("row", "B3")]
    public async Task Every_promise_of_a_pool_survives_a_power_cut_at_every_operation()
    {
        var looked = await RunAsync([], LifeAsync, Fates, lastFirst: false);
        Assert.True(looked >= DisksMin, $"Only {looked} disks were looked at.");
    }

    [Theory]
    [MemberData(nameof(SyncPoints))]
    public async Task Without_this_sync_a_promise_of_a_pool_breaks(string point)
    {
        // What a pool knows of itself is in doubt while it is made, all else at the end.
        var isMaking = point == nameof(SyncPoint.DurableName);
        await Assert.ThrowsAsync<PromiseBrokenException>(
            () => RunAsync([Enum.Parse<SyncPoint>(point)], BeginningAsync, fates: 8, lastFirst: !isMaking));
    }

    /// <summary>
    /// Copies of both kinds, releases, a clean stop, segments that fill and are emptied by compaction, and more of it.
    /// </summary>
    private static async Task LifeAsync(SimulatedDisk disk, PoolPromises promises)
    {
        await BeginningAsync(disk, promises);
        await using (var pool = await promises.OpenAsync(disk))
        {
            await ChurnAsync(pool, promises, 100);
            Assert.True(await pool.TidyAsync(Token) > 0);
        }

        await using var again = await promises.OpenAsync(disk);
        await promises.StoreAsync(again, Sample.Bytes(99, 2500));
    }

    private static async Task BeginningAsync(SimulatedDisk disk, PoolPromises promises)
    {
        await using var pool = await promises.OpenAsync(disk);
        await promises.StoreAsync(pool, Sample.Bytes(1, 2000));
        await promises.StoreAsync(pool, Sample.Bytes(2, 0));
        await promises.StoreAsync(pool, Sample.Bytes(3, 70_000));
    }

    /// <summary>Most is given up again; what stays lies between what goes.</summary>
    private static async Task ChurnAsync(PoolLocation pool, PoolPromises promises, int first)
    {
        for (var seed = first; seed < first + 9; seed++)
        {
            var content = Sample.Bytes(seed, seed == first ? 20_000 : 12_000);
            var copy = await promises.StoreAsync(pool, content);
            if (seed % 3 != 0)
            {
                await promises.ReleaseAsync(pool, content, copy);
            }
        }
    }

    private static Task<int> RunAsync(
        HashSet<SyncPoint> lies, Func<SimulatedDisk, PoolPromises, Task> workload, int fates, bool lastFirst) =>
        PowerCuts.EverywhereAsync<PoolPromises>(
            () =>
            {
                var disk = new SimulatedDisk();
                disk.Lies.UnionWith(lies);
                return disk;
            },
            workload,
            static (disk, promises, seed) => promises.VerifyAsync(disk, seed),
            fates,
            lastFirst);
}
