using CimStore.Disk;
using CimStore.Disk.Files;
using CimStore.Testing.Disk;
using CimStore.Testing.Store;
using Xunit;

namespace CimStore.Adapters.Tests.Crash;

/// <summary>The power goes at every operation of the whole store; every promise given until then is kept.</summary>
public sealed class StorePowerCutTests
{
    private const int Fates = 3;
    private const int DisksMin = 300;

    /// <summary>
    /// The syncs of the layers above the log, each with the workload that cannot do without it; the log's own have
    /// their suite, and so has <see cref="SyncPoint.DurableName"/>: the store's only such file is its marker, whose
    /// directory is synced again by what follows.
    /// </summary>
    public static TheoryData<string> SyncPoints =>
    [
        nameof(SyncPoint.NewDirectory),
        nameof(SyncPoint.DurableFile),
        nameof(SyncPoint.LargeFile),
        nameof(SyncPoint.LargeTree),
        nameof(SyncPoint.LargeName),
        nameof(SyncPoint.LogBatch),
        nameof(SyncPoint.LogSegmentName),
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_promise_of_the_store_survives_a_power_cut_at_every_operation()
    {
        var looked = await RunAsync([], LifeAsync, Fates);
        Assert.True(looked >= DisksMin, $"Only {looked} disks were looked at.");
    }

    [Theory]
    [MemberData(nameof(SyncPoints))]
    public async Task Without_this_sync_a_promise_of_the_store_breaks(string point) =>
        await Assert.ThrowsAsync<PromiseBrokenException>(
            () => RunAsync([Enum.Parse<SyncPoint>(point)], BeginningAsync, 8));

    /// <summary>
    /// Stores of both kinds, deletes, clean stops, more of both, segments that fill and are emptied by compaction.
    /// </summary>
    private static async Task LifeAsync(SimulatedDisk disk, StorePromises promises)
    {
        await BeginningAsync(disk, promises);
        promises.KeepOlderIndex();
        await using (var store = await StorePromises.OpenAsync(disk, promises.Index))
        {
            await MiddleAsync(store, promises);
        }

        await using var again = await StorePromises.OpenAsync(disk, promises.Index);
        await promises.StoreAsync(again, Sample.Bytes(99, 2500));
    }

    private static async Task MiddleAsync(DiskStore store, StorePromises promises)
    {
        for (var batch = 0; batch < 4; batch++)
        {
            await promises.StoreAsync(store, Contents(100 + (batch * 10), 7, 3000));
        }

        for (var seed = 300; seed < 306; seed++)
        {
            await promises.StoreAsync(store, Sample.Bytes(seed, 14_000));
        }

        await promises.StoreLargeAsync(store, Sample.Bytes(50, 8000));
        await promises.StoreLargeAsync(store, Sample.Bytes(60, 70_000));
        await promises.DeleteAsync(store, Sample.Bytes(1, 2000));
        await promises.DeleteAsync(store, Sample.Bytes(300, 14_000));
        await promises.DeleteAsync(store, Sample.Bytes(301, 14_000));
        await promises.DeleteAsync(store, Sample.Bytes(3, 20_000));
        for (var batch = 0; batch < 3; batch++)
        {
            await promises.DeleteAsync(store, Contents(100 + (batch * 10), 6, 3000));
        }

        Assert.True(await store.CompactAsync(Token) > 0);
        await promises.StoreAsync(store, Contents(200, 2, 1000));
        await promises.DeleteAsync(store, Sample.Bytes(50, 8000));
    }

    private static async Task BeginningAsync(SimulatedDisk disk, StorePromises promises)
    {
        await using var store = await StorePromises.OpenAsync(disk, promises.Index);
        await promises.StoreAsync(store, Sample.Bytes(1, 2000));
        await promises.StoreAsync(store, Sample.Bytes(2, 3500), Sample.Bytes(4, 0));
        await promises.StoreLargeAsync(store, Sample.Bytes(3, 20_000));
        await promises.StoreAsync(store, Contents(10, 5, 3000));
    }

    private static byte[][] Contents(int first, int count, int size) =>
        [.. Enumerable.Range(first, count).Select(seed => Sample.Bytes(seed, size))];

    private static Task<int> RunAsync(
        HashSet<SyncPoint> lies, Func<SimulatedDisk, StorePromises, Task> workload, int fates) =>
        PowerCuts.EverywhereAsync<StorePromises>(
            () =>
            {
                var disk = new SimulatedDisk();
                disk.Lies.UnionWith(lies);
                return disk;
            },
            workload,
            static (disk, promises, seed) => promises.VerifyAsync(disk, seed),
            fates);
}
