using CimStore.Disk;
using CimStore.Disk.Directory;
using CimStore.Disk.Files;
using CimStore.Disk.Large;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Testing.Disk;
using CimStore.Testing.Store;
using Xunit;

namespace CimStore.Adapters.Tests.Store;

/// <summary>The disk refuses or fails; the store says so in the words of the ports, and loses nothing.</summary>
public sealed class StoreFaultTests
{
    private static readonly IdSource Ids = new(TimeProvider.System);

    private bool _isOn;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(nameof(DiskOperation.Write))]
    [InlineData(nameof(DiskOperation.Allocate))]
    [InlineData(nameof(DiskOperation.Create))]
    public async Task A_full_disk_is_a_clear_refusal_and_the_store_goes_on_when_there_is_room(string operation)
    {
        using var directory = new TempDirectory();
        var plan = new FaultPlan().While(
            () => _isOn, Enum.Parse<DiskOperation>(operation), new DiskFault.Error(Errno.NoSpace));
        var kept = new List<byte[]>();
        await using (var store = await OpenAsync(directory, plan))
        {
            for (var number = 0; number < 40; number++)
            {
                _isOn = number % 5 == 3;
                var content = Sample.Bytes(number, 9000);
                await TryStoreAsync(store, content, kept);
                await TryStoreLargeAsync(store, Sample.Bytes(number + 1000, 20_000), kept);
                Assert.Equal(kept[0], await Sample.ReadAsync(store, Sample.Key(kept[0]), Token));
            }

            _isOn = false;
            Assert.True(kept.Count >= 64);
            Assert.Empty(await store.CheckAsync(Token));
        }

        await using var again = await OpenAsync(directory, new FaultPlan());
        Assert.Equal(kept.Count, await again.ListAsync(DedupDomain.Shared, null, Token).CountAsync(Token));
        foreach (var content in kept)
        {
            Assert.Equal(content, await Sample.ReadAsync(again, Sample.Key(content), Token));
        }
    }

    [Theory]
    [InlineData(Errno.InputOutput)]
    [InlineData(Errno.NoSpace)]
    public async Task After_a_failed_sync_the_outcome_is_unknown_and_the_chain_goes_on_unbroken(int errno)
    {
        using var directory = new TempDirectory();
        var plan = new FaultPlan().At(DiskOperation.SyncData, 2, new DiskFault.Error(errno), suffix: ".seg");
        await using (var store = await OpenAsync(directory, plan))
        {
            await store.AppendAsync([Sample.Store(Ids, Sample.Bytes(1, 100))], Token);

            var failure = await Assert.ThrowsAsync<LocationException>(async () =>
            {
                for (var number = 0; number < 4; number++)
                {
                    await store.AppendAsync([Sample.Store(Ids, Sample.Bytes(number + 10, 100))], Token);
                }
            });
            await store.AppendAsync([Sample.Store(Ids, Sample.Bytes(2, 100))], Token);

            Assert.Equal(LocationFault.Unknown, failure.Fault);
        }

        await using var again = await OpenAsync(directory, new FaultPlan());
        var entries = await again.ReadAsync(Lsn.None, Token).ToListAsync(Token);
        Assert.All(entries.Zip(entries.Skip(1)), pair => Assert.Equal(pair.First.EventCid, pair.Second.PreviousCid));
        Assert.NotNull(await again.FindAsync(Sample.Key(Sample.Bytes(2, 100)), Token));
        Assert.Empty(await again.CheckAsync(Token));
    }

    [Theory]
    [InlineData(Errno.InputOutput)]
    [InlineData(Errno.NoSpace)]
    public async Task A_bulk_that_fails_past_the_page_cache_is_not_stored_and_the_next_is(int errno)
    {
        using var directory = new TempDirectory();
        var plan = new FaultPlan().At(DiskOperation.WriteBulk, 0, new DiskFault.Error(errno));
        var contents = Enumerable.Range(1, 3).Select(static seed => Sample.Bytes(seed, 1 << 20)).ToArray();
        await using (var store = await OpenAsync(directory, plan, segmentBytes: 16 << 20))
        {
            await Assert.ThrowsAsync<LocationException>(async () =>
                await store.AppendAsync([.. contents.Select(bytes => Sample.Store(Ids, bytes))], Token));
            Assert.Null(await store.FindAsync(Sample.Key(contents[0]), Token));

            // The segment after an abandoned one is another file, whose first bulk fails by the plan as well.
            await store.AppendAsync([Sample.Store(Ids, contents[1])], Token);
        }

        await using var again = await OpenAsync(directory, new FaultPlan());
        Assert.Null(await again.FindAsync(Sample.Key(contents[0]), Token));
        Assert.Equal(contents[1], await Sample.ReadAsync(again, Sample.Key(contents[1]), Token));
        Assert.Empty(await again.CheckAsync(Token));
    }

    /// <summary>
    /// The kernel tells a lost page once: who asked to write out was told, and the sync after it would not be.
    /// </summary>
    [Theory]
    [InlineData(nameof(DiskOperation.StartWriteOut), 0)]
    [InlineData(nameof(DiskOperation.WriteOut), 0)]
    [InlineData(nameof(DiskOperation.WriteOut), SmallPuts.CountMin)]
    public async Task A_stream_whose_bytes_did_not_reach_the_device_is_never_stored(string operation, int smallPuts)
    {
        using var directory = new TempDirectory();
        var failing = Enum.Parse<DiskOperation>(operation);
        var plan = new FaultPlan().At(failing, 1, new DiskFault.Error(Errno.InputOutput));
        await using var store = await OpenAsync(directory, plan);
        var content = Sample.Bytes(1, 8 << 20);
        for (var put = 0; put < smallPuts; put++)
        {
            await store.AppendAsync([Sample.Store(Ids, Sample.Bytes(put + 10, 100))], Token);
        }

        await using (var staged = await store.StageAsync(content.Length, Token))
        {
            await Assert.ThrowsAsync<LocationException>(async () =>
            {
                await staged.WriteAsync(content, Token);
                await staged.SealAsync(Sample.Manifest(content), Token);
            });
        }

        Assert.Empty(Directory.EnumerateFiles(Path.Combine(directory.Path, "staging")));
        Assert.Null(await store.FindAsync(Sample.Key(content), Token));
    }

    [Theory]
    [InlineData(0x794C7630, "overlayfs")]
    [InlineData(0x01021994, "tmpfs")]
    [InlineData(0x6969, "NFS")]
    [InlineData(0xFF534D42, "CIFS")]
    [InlineData(0x65735546, "FUSE")]
    public void A_file_system_that_may_lose_synced_data_is_refused_unless_forced(long type, string name)
    {
        var space = new DiskSpace(type, 1 << 30, 1 << 29, 1000, 900);

        var refused = Assert.Throws<LocationException>(() => Preflight.Examine("/data", space, forceUnsafe: false));
        var warning = Assert.Single(Preflight.Examine("/data", space, forceUnsafe: true));

        Assert.Contains(name, refused.Message, StringComparison.Ordinal);
        Assert.Contains("--force-unsafe", warning, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_last_room_is_kept_for_the_index_and_content_is_taken_again_when_there_is_more()
    {
        using var directory = new TempDirectory();
        var disk = new MeasuredDisk(new PosixDisk());
        await using var store = await DiskStore.OpenAsync(
            Sample.Options(directory), TimeProvider.System, new DiskStoreParts(disk, null, null), Token);
        var content = Sample.Bytes(2, 500);
        await store.AppendAsync([Sample.Store(Ids, content)], Token);
        disk.Reported = new DiskSpace(0xEF53, 1L << 40, 100 << 20, 1000, 900);

        var staging = await Assert.ThrowsAsync<LocationException>(() => store.StageAsync(5_000_000, Token).AsTask());
        var storing = await Assert.ThrowsAsync<LocationException>(
            () => store.AppendAsync([Sample.Store(Ids, Sample.Bytes(3, 10))], Token).AsTask());
        var record = await store.FindAsync(Sample.Key(content), Token);
        await store.AppendAsync([Sample.Delete(Ids, record!, DateTimeOffset.UnixEpoch)], Token);
        disk.Reported = null;
        await store.AppendAsync([Sample.Store(Ids, Sample.Bytes(4, 10))], Token);

        Assert.Equal(LocationFault.Full, staging.Fault);
        Assert.Equal(LocationFault.Full, storing.Fault);
        Assert.Equal(content, await Sample.ReadAsync(store, Sample.Key(content), Token));
    }

    [Theory]
    [InlineData(Errno.InputOutput, LocationFault.Medium)]
    [InlineData(Errno.BadMessage, LocationFault.Medium)]
    [InlineData(Errno.ReadOnly, LocationFault.Offline)]
    public async Task Bytes_that_the_medium_refuses_are_told_from_a_disk_that_is_away(int errno, LocationFault fault)
    {
        using var directory = new TempDirectory();
        var plan = new FaultPlan().While(() => _isOn, DiskOperation.Read, new DiskFault.Error(errno));
        await using var store = await OpenAsync(directory, plan);
        var kept = new List<byte[]>();
        await TryStoreAsync(store, Sample.Bytes(1, 9000), kept);
        await TryStoreLargeAsync(store, Sample.Bytes(2, 20_000), kept);
        _isOn = true;

        foreach (var content in kept)
        {
            var failure = await Assert.ThrowsAsync<LocationException>(
                async () => await Sample.ReadAsync(store, Sample.Key(content), Token));
            Assert.Equal(fault, failure.Fault);
        }

        Assert.Equal(2, kept.Count);
    }

    [Fact]
    public void Little_room_and_few_inodes_are_said()
    {
        var space = new DiskSpace(0xEF53, 1 << 30, 1 << 20, 1000, 3);

        Assert.Equal(2, Preflight.Examine("/data", space, forceUnsafe: false).Length);
    }

    private static ValueTask<DiskStore> OpenAsync(
        TempDirectory directory, FaultPlan plan, int segmentBytes = 64 << 10)
    {
        var options = Sample.Options(directory);
        options.SegmentBytes = segmentBytes;
        return DiskStore.OpenAsync(
            options, TimeProvider.System, new DiskStoreParts(new FaultyDisk(new PosixDisk(), plan), null, null), Token);
    }

    private static async Task TryStoreAsync(DiskStore store, byte[] content, List<byte[]> kept)
    {
        try
        {
            await store.AppendAsync([Sample.Store(Ids, content)], Token);
            kept.Add(content);
        }
        catch (LocationException refused)
        {
            Assert.Equal(LocationFault.Full, refused.Fault);
        }
    }

    private static async Task TryStoreLargeAsync(DiskStore store, byte[] content, List<byte[]> kept)
    {
        try
        {
            await using var staged = await Sample.StageAsync(store, content, Token);
            await store.AppendAsync([Sample.StoreStaged(Ids, content, staged)], Token);
            kept.Add(content);
        }
        catch (LocationException refused)
        {
            Assert.Equal(LocationFault.Full, refused.Fault);
        }
    }
}
