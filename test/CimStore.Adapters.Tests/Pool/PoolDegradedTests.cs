using CimStore.Locations;
using CimStore.Testing.Contracts;
using Xunit;

namespace CimStore.Adapters.Tests.Pool;

/// <summary>The scrub is told of copies that it can make whole and of no others: it reads all of them.</summary>
public sealed class PoolDegradedTests : IDisposable
{
    private readonly PoolFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_lacks_only_shards_of_a_lost_directory_is_not_told()
    {
        var copies = await PoolLossTests.FillAsync(_folder);
        _folder.Lose(0);
        await using var pool = await _folder.OpenAsync();

        await PoolLossTests.AssertAllAsync(pool, copies);

        Assert.Empty(pool.TakeDegraded());
    }

    [Fact]
    public async Task What_is_damaged_beside_a_lost_directory_is_told_until_it_is_healed()
    {
        var copies = await PoolLossTests.FillAsync(_folder);
        var large = copies.Single(one => one.Content.Length == 3_000_001);
        _folder.Lose(0);
        _folder.Rot(1);
        await using var pool = await _folder.OpenAsync();
        await PoolLossTests.AssertAllAsync(pool, [large]);
        Assert.Equal((large.Key, large.Copy.Incarnation), Assert.Single(pool.TakeDegraded()));

        // Whoever is told reads it once more before it is healed, as the scrub does.
        await PoolLossTests.AssertAllAsync(pool, [large]);
        var healed = await pool.HealAsync(large.Key, large.Copy, null, Token);
        await PoolLossTests.AssertAllAsync(pool, [large]);

        Assert.Equal(7, healed!.PartsIntact);
        Assert.Empty(pool.TakeDegraded());
    }

    [Fact]
    public async Task A_damaged_copy_without_parity_lacks_no_part_that_could_be_made()
    {
        using var folder = new PoolFolder(dataShards: 1, parityShards: 0);
        await using var pool = await folder.OpenAsync();
        var content = Samples.Bytes(2_000_000, 10);
        var copy = await new LocationUnderTest(pool).AdmitAsync(content, Token);
        var key = ContentKey.Shared(Samples.CidOf(content));
        Assert.NotEqual(0, folder.Rot(0));

        await Assert.ThrowsAsync<IntegrityException>(
            async () => await pool.ReadAsync(key, copy, 0, new byte[content.Length], Token));

        Assert.Empty(pool.TakeDegraded());
    }

    [Fact]
    public async Task A_copy_written_without_a_directory_is_told_once_and_again_when_the_directory_is_back()
    {
        await using var pool = await _folder.OpenAsync();
        _folder.TakeAway(0);
        var content = Samples.Bytes(2_000_000, 9);
        var copy = await new LocationUnderTest(pool).AdmitAsync(content, Token);
        var key = ContentKey.Shared(Samples.CidOf(content));
        Assert.Equal((key, copy.Incarnation), Assert.Single(pool.TakeDegraded()));

        await PoolLossTests.AssertAllAsync(pool, [(key, copy, content)]);
        Assert.Empty(pool.TakeDegraded());
        _folder.BringBack(0);
        await PoolLossTests.AssertAllAsync(pool, [(key, copy, content)]);

        Assert.Equal((key, copy.Incarnation), Assert.Single(pool.TakeDegraded()));
        Assert.True((await pool.HealAsync(key, copy, null, Token))!.IsWhole);
        await PoolLossTests.AssertAllAsync(pool, [(key, copy, content)]);
        Assert.Empty(pool.TakeDegraded());
    }
}
