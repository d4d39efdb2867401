using CimStore.Locations;
using CimStore.Testing.Contracts;
using Xunit;

namespace CimStore.Adapters.Tests.Pool;

/// <summary>A directory is replaced where the others can make its shards again, and what that does is told before.
/// </summary>
public sealed class PoolReplaceTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_directory_is_not_replaced_while_too_few_others_are_there_to_make_its_shards()
    {
        using var folder = new PoolFolder();
        var copies = await PoolLossTests.FillAsync(folder);
        folder.Lose(0);
        folder.TakeAway(1, 2, 3, 4);
        await using (var pool = await folder.OpenAsync())
        {
            var refusal = Assert.Throws<LocationException>(() => pool.Replace(0, 0));
            Assert.Throws<LocationException>(() => pool.Forecast(0, 0, Token));

            Assert.Contains("3 of the other 7", refusal.Message, StringComparison.Ordinal);
            Assert.Contains("from 4 of them", refusal.Message, StringComparison.Ordinal);
            Assert.Contains("Bring 1 more", refusal.Message, StringComparison.Ordinal);
            Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path0(0)));
        }

        folder.BringBack(1);
        await using (var enough = await folder.OpenAsync())
        {
            enough.Replace(0, 0);
        }

        folder.BringBack(2, 3, 4);
        await using var all = await folder.OpenAsync();
        await PoolLossTests.AssertAllAsync(all, copies);
    }

    /// <summary>It never had others: its copies are made again from other locations.</summary>
    [Fact]
    public async Task A_plain_directory_is_replaced_all_the_same()
    {
        using var folder = new PoolFolder(1, 0);
        await PoolLossTests.FillAsync(folder);
        folder.Lose(0);
        await using var pool = await folder.OpenAsync();
        pool.Replace(0, 0);

        Assert.Equal(0, pool.DirectoriesAway);
    }

    [Fact]
    public async Task What_a_replacement_makes_again_is_told_and_nothing_is_written()
    {
        using var folder = new PoolFolder(2, 1);
        await using (var pool = await folder.OpenAsync())
        {
            var under = new LocationUnderTest(pool);
            await under.AdmitAsync([], Token);
            await under.AdmitAsync(Samples.Bytes(50_000, 1), Token);
            await under.AdmitAsync(Samples.Bytes(3_000_000, 2), Token);
        }

        folder.Lose(1);
        await using var without = await folder.OpenAsync();
        var forecast = without.Forecast(0, 1, Token);

        Assert.Equal((3, 0), (forecast.Copies, forecast.Hopeless));
        Assert.InRange(forecast.SizeBytes, 1_525_000, 1_550_000);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path0(1)));
        Assert.Equal(1, without.DirectoriesAway);
    }
}
