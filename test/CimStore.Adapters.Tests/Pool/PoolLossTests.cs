using CimStore.Disk.Pool;
using CimStore.Locations;
using CimStore.Testing.Contracts;
using Xunit;

namespace CimStore.Adapters.Tests.Pool;

/// <summary>The drill: directories are lost and damaged; what any k shards give back is byte-exact.</summary>
public sealed class PoolLossTests
{
    private static readonly int[] Sizes = [0, 1, 1023, 100_000, 1_048_576, 1_048_577, 3_000_001];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>
    /// Ways of losing four of eight, as bitmaps: all data, all parity, and some of the other 68. The code is tried with
    /// all of them where it stands alone.
    /// </summary>
    public static TheoryData<int> FourOfEight =>
    [
        .. Enumerable.Range(0, 256).Where(lost => int.PopCount(lost) == 4 && (lost % 7 == 0 || lost is 15 or 240)),
    ];

    [Theory]
    [MemberData(nameof(FourOfEight))]
    public async Task Any_four_directories_may_be_lost(int lost)
    {
        using var folder = new PoolFolder();
        var copies = await FillAsync(folder);
        Shards(lost).ForEach(folder.Lose);

        await using var pool = await folder.OpenAsync();

        await AssertAllAsync(pool, copies);
        Assert.Equal(4, pool.Warnings.Count(static text => text.Contains("disk mounted", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_directory_that_goes_while_the_pool_is_open_is_told()
    {
        using var folder = new PoolFolder();
        await using var pool = await folder.OpenAsync();
        Assert.Empty(pool.Warnings);

        folder.Lose(3);

        var warning = Assert.Single(pool.Warnings);
        Assert.Contains("shard 3 of set 0", warning, StringComparison.Ordinal);
        Assert.Contains("removed or unmounted", warning, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(7)]
    public async Task A_file_of_another_copy_in_the_place_of_a_shard_is_one_shard_less(int shard)
    {
        using var folder = new PoolFolder();
        var copies = await FillAsync(folder);
        var blobs = Directory.EnumerateFiles(folder.Path0(shard), "*.blob", SearchOption.AllDirectories).ToList();
        Assert.Equal(2, blobs.Count);
        File.Copy(blobs[0], blobs[1], overwrite: true);

        await using var pool = await folder.OpenAsync();
        await AssertAllAsync(pool, copies);
        var listed = await pool.ListCopiesAsync(null, Token).ToListAsync(Token);
        Assert.Equal(
            copies.Select(static copy => copy.Key.Cid).Order(), listed.Select(static held => held.Manifest.Key.Cid));
        foreach (var (key, copy, _) in copies)
        {
            Assert.True((await pool.HealAsync(key, copy, null, Token))!.IsWhole);
        }

        await AssertAllAsync(pool, copies);
    }

    [Fact]
    public async Task A_pool_makes_nothing_where_its_directory_was()
    {
        using var folder = new PoolFolder();
        await using var pool = await folder.OpenAsync();
        var content = Samples.Bytes(3_000_000, 3);
        await using var staged = await pool.StageAsync(content.Length, Token);
        var manifest = await LocationUnderTest.WriteAsync(staged, content, Token);
        folder.TakeAway(3);

        await staged.SealAsync(manifest, Token);

        Assert.False(Directory.Exists(folder.Path0(3)));
    }

    [Fact]
    public async Task A_shard_that_is_missing_with_its_directory_is_told_with_the_directory()
    {
        using var folder = new PoolFolder();
        var copies = await FillAsync(folder);
        folder.Lose(3);

        await using var pool = await folder.OpenAsync();
        var (key, copy, _) = copies[^1];
        var condition = await pool.InspectAsync(key, copy, null, Token);

        var fault = Assert.Single(condition!.Faults);
        Assert.Contains("Shard 3 is missing", fault, StringComparison.Ordinal);
        Assert.Contains("d3 is not in use", fault, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_five_lost_the_error_names_the_missing_shards()
    {
        using var folder = new PoolFolder();
        var copies = await FillAsync(folder);
        Shards(0b1100_0111).ForEach(folder.Lose);

        await using var pool = await folder.OpenAsync();

        foreach (var (key, copy, content) in copies.Where(one => one.Content.Length > 0))
        {
            var fault = await Assert.ThrowsAsync<LocationException>(
                async () => await pool.ReadAsync(key, copy, 0, new byte[10], Token));
            Assert.Equal(LocationFault.Offline, fault.Fault);
            Assert.Contains("shards 0, 1, 2, 6, 7 of 4+4", fault.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_lost_directory_is_never_made_anew_by_itself()
    {
        using var folder = new PoolFolder();
        await FillAsync(folder);
        folder.Lose(2);
        await using (await folder.OpenAsync())
        {
        }

        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path0(2)));
    }

    [Fact]
    public async Task Damage_in_four_shards_is_read_around_told_and_healed()
    {
        using var folder = new PoolFolder();
        var copies = await FillAsync(folder);
        foreach (var shard in new[] { 0, 1, 2, 3 })
        {
            Assert.True(folder.Rot(shard) >= 3);
        }

        await using var pool = await folder.OpenAsync();
        await AssertAllAsync(pool, copies);

        var degraded = pool.TakeDegraded();
        Assert.True(degraded.Count >= 2);
        foreach (var (key, incarnation) in degraded)
        {
            var copy = copies.Single(one => one.Key == key).Copy;
            Assert.False((await pool.InspectAsync(key, copy, null, Token))!.IsWhole);
            Assert.True((await pool.HealAsync(key, copy, null, Token))!.IsWhole);
            Assert.Equal(copy.Incarnation, incarnation);
        }

        await AssertAllAsync(pool, copies);
        Assert.Empty(pool.TakeDegraded());
    }

    [Fact]
    public async Task Damage_in_five_shards_is_an_honest_error()
    {
        using var folder = new PoolFolder();
        var copies = await FillAsync(folder);
        foreach (var shard in new[] { 0, 1, 2, 3, 4 })
        {
            folder.Rot(shard);
        }

        await using var pool = await folder.OpenAsync();
        var (key, copy, _) = copies.Single(one => one.Content.Length == 3_000_001);

        var fault = await Assert.ThrowsAsync<IntegrityException>(
            async () => await pool.ReadAsync(key, copy, 0, new byte[300_000], Token));
        Assert.Contains("shards 0, 1, 2, 3, 4 of 4+4", fault.Message, StringComparison.Ordinal);
        var condition = await pool.HealAsync(key, copy, null, Token);
        Assert.False(condition!.IsReadable);
        Assert.Equal(3, condition.PartsIntact);
    }

    [Fact]
    public async Task The_index_is_made_again_from_the_directories()
    {
        using var folder = new PoolFolder();
        var copies = await FillAsync(folder);
        Directory.Delete(folder.Options.StateDirectory, recursive: true);

        await using var pool = await folder.OpenAsync();

        await AssertAllAsync(pool, copies);
        Assert.Equal(copies.Count, (await pool.ListCopiesAsync(null, Token).ToListAsync(Token)).Count);
    }

    [Fact]
    public async Task A_directory_of_another_pool_is_not_used()
    {
        using var folder = new PoolFolder();
        using var other = new PoolFolder();
        var copies = await FillAsync(folder);
        await FillAsync(other);
        Directory.Delete(folder.Path0(3), recursive: true);
        Directory.Move(other.Path0(3), folder.Path0(3));

        await using var pool = await folder.OpenAsync();

        Assert.Contains(pool.Warnings, static text => text.Contains("of another pool", StringComparison.Ordinal));
        await AssertAllAsync(pool, copies);
    }

    [Fact]
    public async Task Directories_in_each_others_places_are_not_used()
    {
        using var folder = new PoolFolder();
        var copies = await FillAsync(folder);
        Directory.Move(folder.Path0(1), folder.Path0(1) + "x");
        Directory.Move(folder.Path0(2), folder.Path0(1));
        Directory.Move(folder.Path0(1) + "x", folder.Path0(2));

        await using var pool = await folder.OpenAsync();

        Assert.Equal(2, pool.Warnings.Count(static text => text.Contains("as place", StringComparison.Ordinal)));
        await AssertAllAsync(pool, copies);
    }

    [Fact]
    public async Task Writing_goes_on_with_five_directories_and_stops_with_four()
    {
        using var folder = new PoolFolder();
        await FillAsync(folder);
        Shards(0b0000_0111).ForEach(folder.Lose);
        await using (var pool = await folder.OpenAsync())
        {
            foreach (var size in new[] { 500, 2_000_000 })
            {
                var sealedCopy = await WriteAsync(pool, Samples.Bytes(size, 99));
                Assert.Equal(5, sealedCopy.Parts);
            }
        }

        folder.Lose(3);
        await using var less = await folder.OpenAsync();

        var fault = await Assert.ThrowsAsync<LocationException>(async () => await less.StageAsync(null, Token));
        Assert.Equal(LocationFault.Offline, fault.Fault);
    }

    [Fact]
    public async Task A_directory_that_vanishes_while_it_is_used_takes_nothing_more()
    {
        using var folder = new PoolFolder();
        await using var pool = await folder.OpenAsync();
        await WriteAsync(pool, Samples.Bytes(500, 1));

        Directory.Delete(folder.Path0(5), recursive: true);
        var small = await WriteAsync(pool, Samples.Bytes(500, 2));
        var large = await WriteAsync(pool, Samples.Bytes(2_000_000, 3));

        Assert.Equal(7, small.Parts);
        Assert.Equal(7, large.Parts);
    }

    [Fact]
    public async Task A_lost_directory_is_replaced_and_its_shards_are_made_again()
    {
        using var folder = new PoolFolder();
        var copies = await FillAsync(folder);
        Shards(0b0010_1000).ForEach(folder.Lose);
        await using (var pool = await folder.OpenAsync())
        {
            Assert.Throws<LocationException>(() => pool.Replace(0, 0));
            pool.Replace(0, 3);
            var (key, copy, _) = copies[^1];
            Assert.Equal(7, (await pool.HealAsync(key, copy, null, Token))!.PartsIntact);
        }

        await using (var again = await folder.OpenAsync())
        {
            again.Replace(0, 5);
            await foreach (var (key, copy) in again.ListIncompleteAsync(Token))
            {
                Assert.True((await again.HealAsync(key, copy, null, Token))!.IsWhole);
            }

            Assert.Empty(again.Warnings.Where(static text => text.Contains("Pool pool", StringComparison.Ordinal)));
        }

        Shards(0b1100_0011).ForEach(folder.Lose);
        await using var rest = await folder.OpenAsync();
        await AssertAllAsync(rest, copies);
    }

    /// <summary>Whoever needs nothing of it is not kept from working.</summary>
    [Fact]
    public async Task A_pool_whose_directories_are_all_away_opens_and_is_offline()
    {
        using var folder = new PoolFolder();
        var copies = await FillAsync(folder);
        foreach (var path in folder.Options.Sets[0])
        {
            Directory.Move(path, path + ".away");
        }

        await using (var pool = await folder.OpenAsync())
        {
            var (key, copy, _) = copies[0];
            var read = await Assert.ThrowsAsync<LocationException>(
                () => pool.ReadAsync(key, copy, 0, new byte[10], Token).AsTask());
            Assert.Equal(LocationFault.Offline, read.Fault);
            await Assert.ThrowsAsync<LocationException>(() => pool.StageAsync(10, Token).AsTask());
            Assert.Equal(8, pool.DirectoriesAway);
            Assert.Equal(0, await pool.TidyAsync(Token));
        }

        foreach (var path in folder.Options.Sets[0])
        {
            Directory.Move(path + ".away", path);
        }

        await using var again = await folder.OpenAsync();
        await AssertAllAsync(again, copies);
    }

    [Fact]
    public async Task A_file_system_of_its_own_counts_as_empty()
    {
        const string MadeByExt4 = "lost+found";
        using var folder = new PoolFolder();
        foreach (var path in folder.Options.Sets[0])
        {
            Directory.CreateDirectory(Path.Combine(path, MadeByExt4));
        }

        var copies = await FillAsync(folder);
        folder.Lose(3);
        Directory.CreateDirectory(Path.Combine(folder.Path0(3), MadeByExt4));
        await using var pool = await folder.OpenAsync();
        pool.Replace(0, 3);

        Assert.Equal(0, pool.DirectoriesAway);
        await AssertAllAsync(pool, copies);
    }

    [Fact]
    public async Task A_set_more_takes_new_copies_and_the_old_ones_stay_readable()
    {
        using var folder = new PoolFolder();
        var copies = await FillAsync(folder);
        folder.Options = folder.Options with { Sets = [folder.Options.Sets[0], folder.Paths(1, 8)] };
        Shards(0b0000_1111).ForEach(folder.Lose);

        await using var pool = await folder.OpenAsync();
        var added = await WriteAsync(pool, Samples.Bytes(3000, 5));

        Assert.Equal(8, added.Parts);
        await AssertAllAsync(pool, copies);
    }

    internal static async Task<List<(ContentKey Key, Copy Copy, byte[] Content)>> FillAsync(PoolFolder folder)
    {
        await using var pool = await folder.OpenAsync();
        var subject = new LocationUnderTest(pool);
        var copies = new List<(ContentKey Key, Copy Copy, byte[] Content)>();
        foreach (var size in Sizes)
        {
            var content = Samples.Bytes(size, size + 7);
            copies.Add((
                ContentKey.Shared(Samples.CidOf(content)), await subject.AdmitAsync(content, Token), content));
        }

        return copies;
    }

    internal static async Task AssertAllAsync(
        PoolLocation pool, IEnumerable<(ContentKey Key, Copy Copy, byte[] Content)> copies)
    {
        foreach (var (key, copy, content) in copies)
        {
            var read = new byte[content.Length];
            var filled = 0;
            while (filled < read.Length
                && await pool.ReadAsync(key, copy, filled, read.AsMemory(filled), Token) is > 0 and { } more)
            {
                filled += more;
            }

            Assert.Equal(content, read);
        }
    }

    private static List<int> Shards(int bits) =>
        [.. Enumerable.Range(0, 8).Where(shard => (bits & (1 << shard)) != 0)];

    private static async Task<SealedCopy> WriteAsync(PoolLocation pool, byte[] content)
    {
        await using var staged = await pool.StageAsync(content.Length, Token);
        return await staged.SealAsync(await LocationUnderTest.WriteAsync(staged, content, Token), Token);
    }
}
