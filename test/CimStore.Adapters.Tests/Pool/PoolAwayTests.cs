using CimStore.Disk.Files;
using CimStore.Disk.Pool;
using CimStore.Locations;
using CimStore.Testing.Contracts;
using CimStore.Testing.Disk;
using Xunit;

namespace CimStore.Adapters.Tests.Pool;

/// <summary>Directories go, while the pool is open or not, and come back: what is away is neither counted nor called
/// bad.</summary>
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

        _folder.TakeAway(0, 5);
        var without = await pool.DescribeAsync(key, copy, Token);
        _folder.BringBack(0, 5);

        Assert.Equal((6, content.Length), (without!.Parts, without.Manifest.SizeBytes));
        Assert.Equal(8, (await pool.DescribeAsync(key, copy, Token))!.Parts);
    }

    [Fact]
    public async Task Of_a_copy_whose_directories_are_all_gone_nothing_is_known()
    {
        await using var pool = await _folder.OpenAsync();
        var (key, copy, _) = await AdmitAsync(pool, 50_000);

        _folder.TakeAway([.. Enumerable.Range(0, 8)]);
        var fault = await Assert.ThrowsAsync<LocationException>(
            async () => await pool.DescribeAsync(key, copy, Token));
        _folder.BringBack([.. Enumerable.Range(0, 8)]);

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

    /// <summary>Without the index nobody knows what lies in a directory that is away.</summary>
    [Theory]
    [InlineData(1, 0, 1, 50_000)]
    [InlineData(1, 0, 1, 2_000_000)]
    [InlineData(2, 1, 2, 50_000)]
    [InlineData(2, 1, 2, 2_000_000)]
    [InlineData(2, 1, 3, 50_000)]
    [InlineData(4, 4, 5, 50_000)]
    [InlineData(4, 4, 5, 2_000_000)]
    public async Task An_index_made_anew_without_some_directories_calls_no_copy_missing(
        int dataShards, int parityShards, int away, int size)
    {
        using var folder = new PoolFolder(dataShards, parityShards);
        var shards = Enumerable.Range(0, away).ToArray();
        ContentKey key;
        Copy copy;
        byte[] content;
        await using (var pool = await folder.OpenAsync())
        {
            (key, copy, content) = await AdmitAsync(pool, size);
        }

        DeleteIndex(folder);
        folder.TakeAway(shards);
        await using (var without = await folder.OpenAsync())
        {
            await AssertAwayAsync(async () => await without.InspectAsync(key, copy, null, Token));
            await AssertAwayAsync(async () => await without.HealAsync(key, copy, null, Token));
            await AssertAwayAsync(async () => await without.ReadAsync(key, copy, 0, new byte[size], Token));
        }

        folder.BringBack(shards);
        await using var again = await folder.OpenAsync();
        await PoolLossTests.AssertAllAsync(again, [(key, copy, content)]);
        Assert.True((await again.InspectAsync(key, copy, null, Token))!.IsWhole);
    }

    [Fact]
    public async Task Nothing_is_given_up_where_nobody_knows_whether_it_is_there()
    {
        using var folder = new PoolFolder(1, 0);
        ContentKey key;
        Copy copy;
        await using (var pool = await folder.OpenAsync())
        {
            (key, copy, _) = await AdmitAsync(pool, 50_000);
        }

        folder.TakeAway(0);
        await using (var known = await folder.OpenAsync())
        {
            await AssertAwayAsync(async () => await known.ReleaseAsync(key, copy.Incarnation, Token));
        }

        DeleteIndex(folder);
        await using (var unknown = await folder.OpenAsync())
        {
            await AssertAwayAsync(async () => await unknown.ReleaseAsync(key, copy.Incarnation, Token));
            await AssertAwayAsync(async () => await unknown.DescribeAsync(key, copy, Token));
        }

        folder.BringBack(0);
        await using var again = await folder.OpenAsync();
        await again.ReleaseAsync(key, copy.Incarnation, Token);
        Assert.Null(await again.DescribeAsync(key, copy, Token));
    }

    /// <summary>A copy that was acknowledged has a shard in one of the others: what none of them knows is not there.
    /// </summary>
    [Fact]
    public async Task What_no_directory_knows_is_missing_while_too_few_are_away_to_hold_it()
    {
        ContentKey key;
        Copy copy;
        await using (var pool = await _folder.OpenAsync())
        {
            (key, copy, _) = await AdmitAsync(pool, 50_000);
            await pool.ReleaseAsync(key, copy.Incarnation, Token);
        }

        _folder.TakeAway(0, 3, 7);
        await using var without = await _folder.OpenAsync();
        var described = await without.DescribeAsync(key, copy, Token);
        await without.ReleaseAsync(key, copy.Incarnation, Token);

        Assert.Null(described);
    }

    private static async Task AssertAwayAsync(Func<Task> ask) =>
        Assert.Equal(LocationFault.Offline, (await Assert.ThrowsAsync<LocationException>(ask)).Fault);

    private static async Task<(ContentKey Key, Copy Copy, byte[] Content)> AdmitAsync(PoolLocation pool, int size)
    {
        var content = Samples.Bytes(size, size);
        var copy = await new LocationUnderTest(pool).AdmitAsync(content, Token);
        return (ContentKey.Shared(Samples.CidOf(content)), copy, content);
    }

    private static void DeleteIndex(PoolFolder folder) =>
        Directory.Delete(Path.Combine(folder.Options.StateDirectory, "index"), recursive: true);
}
