using CimStore.Disk;
using CimStore.Disk.Files;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Testing.Disk;
using CimStore.Testing.Store;
using Xunit;

namespace CimStore.Adapters.Tests.Crash;

/// <summary>
/// The disk is full: stores are refused by name, everything else goes on, and so do stores when space returns.
/// </summary>
public sealed class FullDiskTests
{
    private const int ContentBytes = 60_000;

    private static readonly IdSource Ids = new(TimeProvider.System);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(nameof(DiskOperation.Create), 1)]
    [InlineData(nameof(DiskOperation.Write), 1)]

    // For the segment, and for as much of it as some entries need.
    [InlineData(nameof(DiskOperation.Allocate), 2)]
    public async Task No_room_at_any_operation_refuses_one_store_and_harms_none(string name, int times)
    {
        var refusals = await RefusalsAsync(Enum.Parse<DiskOperation>(name), times);

        Assert.True(refusals >= 2, $"Only {refusals} stores were refused.");
    }

    [Fact]
    public async Task No_room_for_a_whole_segment_refuses_nothing_that_there_is_room_for() =>
        Assert.Equal(0, await RefusalsAsync(DiskOperation.Allocate, times: 1));

    /// <summary>A real file system of 48 MiB, where one can be mounted; else the files are counted.</summary>
    [Fact]
    public async Task A_full_file_system_refuses_stores_until_space_returns()
    {
        using var room = new TempDirectory();
        using var mounted = SmallFileSystem.TryMount(room.Path);
        await (mounted is null
            ? FillAndFreeAsync(Counted(room.Path), room.Path)
            : FillAndFreeAsync(new PosixDisk(), mounted.Path));
    }

    [Fact]
    public async Task A_disk_that_counts_its_bytes_refuses_stores_until_space_returns()
    {
        using var room = new TempDirectory();
        await FillAndFreeAsync(Counted(room.Path), room.Path);
    }

    private static async Task FillAndFreeAsync(IDisk disk, string room)
    {
        var options = new DiskStoreOptions
        {
            DataDirectory = Path.Combine(room, "data"),
            ForceUnsafe = true,
            SegmentBytes = 1 << 20,
            InlineSizeMaxBytes = 128 << 10,
            IndexMemoryBytes = 1 << 20,
        };
        var parts = new DiskStoreParts(disk, null, null);
        var ballast = Path.Combine(room, "ballast");
        await File.WriteAllBytesAsync(ballast, new byte[10 << 20], Token);
        int stored;
        await using (var store = await DiskStore.OpenAsync(options, TimeProvider.System, parts, Token))
        {
            stored = await FillAsync(store, 0);
            Assert.True(stored > 300, $"Only {stored} contents found room.");
            var large = await Assert.ThrowsAsync<LocationException>(
                async () => await (await store.StageAsync(20 << 20, Token)).DisposeAsync());
            Assert.Equal(LocationFault.Full, large.Fault);
            await AssertReadAsync(store, stored);

            File.Delete(ballast);
            var more = await FillAsync(store, stored);
            Assert.True(more > 50, $"Only {more} contents found room when it had returned.");
            stored += more;
            await AssertReadAsync(store, stored);
        }

        await using var again = await DiskStore.OpenAsync(options, TimeProvider.System, parts, Token);
        await AssertReadAsync(again, stored);
        Assert.Equal(stored, await again.ListAsync(DedupDomain.Shared, null, Token).CountAsync(Token));
    }

    /// <summary>The real disk, which has no room for more than the files of this directory may have together.</summary>
    private static MeasuredDisk Counted(string room)
    {
        var plan = new FaultPlan();
        foreach (var operation in (DiskOperation[])[DiskOperation.Create, DiskOperation.Allocate, DiskOperation.Write])
        {
            plan.While(() => Free() <= 0, operation, new DiskFault.Error(Errno.NoSpace));
        }

        return new MeasuredDisk(new FaultyDisk(new PosixDisk(), plan))
        {
            Measure = () => new DiskSpace(0xEF53, SmallFileSystem.SizeBytes, Math.Max(0, Free()), 1 << 20, 1 << 19),
        };

        long Free() => SmallFileSystem.SizeBytes - new DirectoryInfo(room)
            .EnumerateFiles("*", SearchOption.AllDirectories).Sum(static file => file.Exists ? file.Length : 0);
    }

    private static async Task<int> FillAsync(DiskStore store, int first)
    {
        for (var number = first; ; number++)
        {
            try
            {
                await store.AppendAsync([Sample.Store(Ids, Sample.Bytes(number, ContentBytes))], Token);
            }
            catch (LocationException full)
            {
                Assert.Equal(LocationFault.Full, full.Fault);
                Assert.Null(await store.FindAsync(Sample.Key(Sample.Bytes(number, ContentBytes)), Token));
                return number - first;
            }
        }
    }

    private static async Task AssertReadAsync(DiskStore store, int count)
    {
        for (var number = 0; number < count; number++)
        {
            var content = Sample.Bytes(number, ContentBytes);
            var read = await Sample.ReadAsync(store, Sample.Key(content), Token);
            Assert.True(read.AsSpan().SequenceEqual(content), $"Content {number} is gone or altered.");
        }
    }

    private static async Task<int> RefusalsAsync(DiskOperation operation, int times)
    {
        var refusals = 0;
        for (var fails = 0; await RunAsync(operation, fails, times) is { } refused; fails++)
        {
            refusals += refused;
        }

        return refusals;
    }

    /// <returns>How many stores were refused; null when the workload never came to an operation so late.</returns>
    private static async Task<int?> RunAsync(DiskOperation operation, int fails, int times)
    {
        var (asked, refused) = (0, 0);
        var isOn = false;
        var simulated = new SimulatedDisk();
        var disk = new FaultyDisk(simulated, new FaultPlan().While(
            () => isOn && asked++ is var now && now >= fails && now < fails + times, operation,
            new DiskFault.Error(Errno.NoSpace)));
        using var promises = new StorePromises();
        await using (var store = await StorePromises.OpenAsync(disk, promises.Index))
        {
            isOn = true;
            for (var number = 0; number < 16; number++)
            {
                var content = Sample.Bytes(number, number % 4 == 3 ? 9000 : 4000);
                try
                {
                    await (content.Length > 4096
                        ? promises.StoreLargeAsync(store, content)
                        : promises.StoreAsync(store, content));
                }
                catch (LocationException full)
                {
                    Assert.Equal(LocationFault.Full, full.Fault);
                    promises.Refused(content);
                    refused++;
                    await promises.LookAsync(store, disk, settle: false, isIdle: false);
                }
            }

            await promises.LookAsync(store, disk, settle: false);
            Assert.Empty(await store.CheckAsync(Token));
            isOn = false;
        }

        await using var again = await StorePromises.OpenAsync(simulated.PowerCut(fails), promises.Index);
        await promises.LookAsync(again, simulated, settle: false);
        return asked > fails ? refused : null;
    }
}
