using CimStore.Disk;
using CimStore.Disk.Files;
using CimStore.Testing.Disk;
using CimStore.Testing.Store;
using Xunit;

namespace CimStore.Adapters.Tests.Store;

/// <summary>
/// The power goes at every disk operation of a store's life. The index is on the real file system: after the cut it is
/// either as it was, or gone, and in both cases the log alone must make every promise true.
/// </summary>
public sealed class StorePowerCutTests
{
    public static TheoryData<string> LargeSyncs =>
    [
        nameof(SyncPoint.LargeFile), nameof(SyncPoint.LargeTree), nameof(SyncPoint.LargeName),
        nameof(SyncPoint.LogBatch),
    ];

    [Fact]
    public async Task Every_promise_survives_a_power_cut_at_every_operation() =>
        Assert.True(await RunAsync(LifeAsync, null, fates: 1) >= 50);

    [Theory]
    [MemberData(nameof(LargeSyncs))]
    public async Task Without_this_sync_a_promise_breaks(string point) =>
        await Assert.ThrowsAsync<PromiseBrokenException>(
            () => RunAsync(LargeAsync, Enum.Parse<SyncPoint>(point), fates: 6));

    private static Task<int> RunAsync(
        Func<DiskStore, StorePromises, Task> live, SyncPoint? lie, int fates) =>
        PowerCuts.EverywhereAsync<StorePromises>(
            () =>
            {
                var disk = new SimulatedDisk();
                if (lie is { } point)
                {
                    disk.Lies.Add(point);
                }

                return disk;
            },
            (disk, promises) => WorkAsync(disk, promises, live),
            static (disk, promises, seed) => promises.VerifyAsync(disk, seed),
            fates);

    private static async Task WorkAsync(
        SimulatedDisk disk, StorePromises promises, Func<DiskStore, StorePromises, Task> live)
    {
        using var index = TempDirectory.InMemory();
        try
        {
            await using (var store = await StorePromises.OpenAsync(disk, index.Path))
            {
                await live(store, promises);
            }

            await using var again = await StorePromises.OpenAsync(disk, index.Path);
            await promises.StoreAsync(again, Sample.Bytes(99, 2500));
        }
        finally
        {
            promises.Keep(index.Path);
        }
    }

    private static async Task LifeAsync(DiskStore store, StorePromises promises)
    {
        for (var seed = 0; seed < 8; seed++)
        {
            await promises.StoreAsync(store, Sample.Bytes(seed, 14_000));
        }

        await LargeAsync(store, promises);
        for (var seed = 0; seed < 4; seed++)
        {
            await promises.DeleteAndReleaseAsync(store, Sample.Bytes(seed, 14_000));
        }

        await store.CompactAsync(TestContext.Current.CancellationToken);
        await promises.StoreAsync(store, Sample.Bytes(50, 5000));
    }

    private static async Task LargeAsync(DiskStore store, StorePromises promises)
    {
        await promises.StoreLargeAsync(store, Sample.Bytes(60, 70_000));
        await promises.StoreAsync(store, Sample.Bytes(61, 100));
    }
}
