using CimStore.Disk.Files;
using CimStore.Disk.Pool;
using CimStore.Locations;
using CimStore.Testing.Contracts;
using CimStore.Testing.Disk;
using Xunit;

namespace CimStore.Adapters.Tests.Pool;

/// <summary>Directories go while the pool is open, and come back: what is away is neither counted nor called bad.
/// </summary>
public sealed class PoolAwayTests : IDisposable
{
    private readonly PoolFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(50_000)]
    [InlineData(2_000_000)]
    public async Task Parts_are_those_in_directories_that_are_here_now(int size)
    {
        await using var pool = await _folder.OpenAsync();
        var (key, copy, content) = await AdmitAsync(pool, size);
        await PoolLossTests.AssertAllAsync(pool, [(key, copy, content)]);
        Assert.Equal(8, (await pool.DescribeAsync(key, copy, Token))!.Parts);

        TakeAway(0, 5);
        var without = await pool.DescribeAsync(key, copy, Token);
        BringBack(0, 5);

        Assert.Equal((6, content.Length), (without!.Parts, without.Manifest.SizeBytes));
        Assert.Equal(8, (await pool.DescribeAsync(key, copy, Token))!.Parts);
    }

    [Fact]
    public async Task Of_a_copy_whose_directories_are_all_gone_nothing_is_known()
    {
        await using var pool = await _folder.OpenAsync();
        var (key, copy, _) = await AdmitAsync(pool, 50_000);

        TakeAway([.. Enumerable.Range(0, 8)]);
        var fault = await Assert.ThrowsAsync<LocationException>(
            async () => await pool.DescribeAsync(key, copy, Token));
        BringBack([.. Enumerable.Range(0, 8)]);

        Assert.Equal(LocationFault.Offline, fault.Fault);
    }

    [Fact]
    public async Task Parts_in_directories_whose_logs_have_failed_are_not_counted()
    {
        var isOn = false;
        var error = new DiskFault.Error(Errno.InputOutput);
        var plan = new FaultPlan().While(() => isOn, DiskOperation.SyncData, error)
            .While(() => isOn, DiskOperation.Write, error);
        await using var pool = await PoolLocation.OpenAsync(
            _folder.Options, TimeProvider.System, new FaultyDisk(new PosixDisk(), plan), Token);
        var (key, copy, content) = await AdmitAsync(pool, 50_000);

        isOn = true;
        await Assert.ThrowsAsync<LocationException>(() => AdmitAsync(pool, 1000));
        isOn = false;

        Assert.Equal(0, (await pool.DescribeAsync(key, copy, Token))!.Parts);
        await PoolLossTests.AssertAllAsync(pool, [(key, copy, content)]);
    }

    private static async Task<(ContentKey Key, Copy Copy, byte[] Content)> AdmitAsync(PoolLocation pool, int size)
    {
        var content = Samples.Bytes(size, size);
        var copy = await new LocationUnderTest(pool).AdmitAsync(content, Token);
        return (ContentKey.Shared(Samples.CidOf(content)), copy, content);
    }

    private void TakeAway(params int[] shards)
    {
        foreach (var shard in shards)
        {
            Directory.Move(_folder.Path0(shard), _folder.Path0(shard) + "-away");
        }
    }

    private void BringBack(params int[] shards)
    {
        foreach (var shard in shards)
        {
            Directory.Move(_folder.Path0(shard) + "-away", _folder.Path0(shard));
        }
    }
}
