using CimStore.Disk.Files;
using CimStore.Disk.Pool;
using CimStore.Locations;
using CimStore.Testing.Disk;
using Xunit;

namespace CimStore.Adapters.Tests.Pool;

/// <summary>
/// A shard that cannot be read is not a shard that is wrong: of a copy that may be right where nothing can be read now
/// nobody says that it is corrupt.
/// </summary>
public sealed class PoolUnreadTests : IDisposable
{
    private static readonly DiskFault MediumError = new DiskFault.Error(Errno.InputOutput);

    private readonly PoolFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Directories_that_were_removed_while_the_pool_is_open_are_offline()
    {
        var (key, copy, content) = await LargeAsync();
        await using var pool = await _folder.OpenAsync();
        _folder.TakeAway(0, 1, 2, 6, 7);

        var read = await FaultAsync<LocationException>(pool, key, copy);
        var inspected = await Assert.ThrowsAsync<LocationException>(
            async () => await pool.InspectAsync(key, copy, null, Token));
        _folder.BringBack(0, 1, 2, 6, 7);

        Assert.Equal((LocationFault.Offline, LocationFault.Offline), (read.Fault, inspected.Fault));
        Assert.Contains("shards 0, 1, 2, 6, 7 of 4+4", read.Message, StringComparison.Ordinal);
        Assert.Contains("shards 0, 1, 2, 6, 7 of 4+4", inspected.Message, StringComparison.Ordinal);
        await PoolLossTests.AssertAllAsync(pool, [(key, copy, content)]);
        Assert.True((await pool.InspectAsync(key, copy, null, Token))!.IsWhole);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    public async Task Files_that_the_medium_refuses_are_read_around_and_one_too_many_is_a_fault_of_the_medium(int count)
    {
        var (key, copy, content) = await LargeAsync();
        var plan = new FaultPlan();
        for (var shard = 0; shard < count; shard++)
        {
            var file = Assert.Single(Blobs(shard, content.Length / 4));
            plan.At(DiskOperation.Read, 0, MediumError, int.MaxValue, Path.GetFileName(file));
        }

        await using var pool = await OpenAsync(plan);
        if (count == 4)
        {
            await PoolLossTests.AssertAllAsync(pool, [(key, copy, content)]);
            Assert.Equal(4, (await pool.InspectAsync(key, copy, null, Token))!.PartsIntact);
            return;
        }

        var read = await FaultAsync<LocationException>(pool, key, copy);
        var inspected = await Assert.ThrowsAsync<LocationException>(
            async () => await pool.InspectAsync(key, copy, null, Token));

        Assert.Equal((LocationFault.Medium, LocationFault.Medium), (read.Fault, inspected.Fault));
        Assert.Contains("shards 0, 1, 2, 3, 4 of 4+4", read.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Logs_that_the_medium_refuses_do_not_make_a_copy_corrupt()
    {
        var copies = await PoolLossTests.FillAsync(_folder);
        var (key, copy, content) = copies.Single(one => one.Content.Length == 100_000);
        var isOn = false;
        await using var pool = await OpenAsync(new FaultPlan().While(() => isOn, DiskOperation.Read, MediumError));

        isOn = true;
        var fault = await FaultAsync<LocationException>(pool, key, copy);
        isOn = false;

        Assert.Equal(LocationFault.Medium, fault.Fault);
        await PoolLossTests.AssertAllAsync(pool, [(key, copy, content)]);
    }

    [Theory]
    [InlineData(3, 2, true)]
    [InlineData(5, 1, false)]
    public async Task It_is_away_while_what_is_away_could_make_it_right_and_corrupt_when_it_could_not(
        int rotten, int away, bool isAway)
    {
        var (key, copy, _) = await LargeAsync();
        Enumerable.Range(0, rotten).ToList().ForEach(shard => _folder.Rot(shard));
        Enumerable.Range(8 - away, away).ToList().ForEach(_folder.Lose);
        await using var pool = await _folder.OpenAsync();

        if (isAway)
        {
            Assert.Equal(LocationFault.Offline, (await FaultAsync<LocationException>(pool, key, copy)).Fault);
            await Assert.ThrowsAsync<LocationException>(async () => await pool.InspectAsync(key, copy, null, Token));
            return;
        }

        await FaultAsync<IntegrityException>(pool, key, copy);
        Assert.False((await pool.InspectAsync(key, copy, null, Token))!.IsReadable);
    }

    [Fact]
    public async Task Files_that_were_deleted_in_directories_that_are_here_are_lost_and_not_away()
    {
        var (key, copy, _) = await LargeAsync();
        await using var pool = await _folder.OpenAsync();
        for (var shard = 0; shard < 5; shard++)
        {
            Directory.EnumerateFiles(_folder.Path0(shard), "*.blob", SearchOption.AllDirectories).ToList()
                .ForEach(File.Delete);
        }

        await FaultAsync<IntegrityException>(pool, key, copy);
        Assert.False((await pool.InspectAsync(key, copy, null, Token))!.IsReadable);
    }

    private ValueTask<PoolLocation> OpenAsync(FaultPlan plan) => PoolLocation.OpenAsync(
        _folder.Options, TimeProvider.System, new FaultyDisk(new PosixDisk(), plan), Token);

    private async Task<(ContentKey Key, Copy Copy, byte[] Content)> LargeAsync() =>
        (await PoolLossTests.FillAsync(_folder)).Single(one => one.Content.Length == 3_000_001);

    private IEnumerable<string> Blobs(int shard, int bytesMin) =>
        Directory.EnumerateFiles(_folder.Path0(shard), "*.blob", SearchOption.AllDirectories)
            .Where(file => new FileInfo(file).Length > bytesMin);

    private static async Task<T> FaultAsync<T>(PoolLocation pool, ContentKey key, Copy copy)
        where T : Exception =>
        await Assert.ThrowsAsync<T>(async () => await pool.ReadAsync(key, copy, 0, new byte[300_000], Token));
}
