using CimStore.Content;
using CimStore.Disk.Pool;
using CimStore.Locations;
using Xunit;

namespace CimStore.Adapters.Tests.Pool;

/// <summary>What is given up or only fills up gives its room back, and nothing else goes.</summary>
public sealed class PoolCompactionTests
{
    private const int Count = 200;
    private const int SizeBytes = 1000;
    private const int PassesMax = 6;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_lone_puts_were_filled_up_with_is_taken_out_and_every_content_stays()
    {
        using var folder = Folder();
        await using var pool = await folder.OpenAsync();
        var copies = await FillAsync(pool);
        var before = (await pool.MeasureSpaceAsync(Token)).BytesUsed;

        await TidyAsync(pool);

        // Each lies in 4 KiB of its own before, and the newest segment is left alone.
        var after = (await pool.MeasureSpaceAsync(Token)).BytesUsed;
        Assert.True(before > Count * 4096, $"{before} bytes before.");
        Assert.True(after < before / 2, $"{after} bytes of {before}.");
        foreach (var (key, copy, number) in copies)
        {
            await AssertHeldAsync(pool, key, copy, number);
        }
    }

    /// <summary>Of each batch a fifth: less than what garbage is moved for, and a thing of the first time.</summary>
    [Fact]
    public async Task What_batches_were_filled_up_with_is_taken_out_once_where_it_is_a_fifth()
    {
        const int FourFifths = 3200;
        using var folder = Folder(segmentBytes: 1 << 20);
        await using var pool = await folder.OpenAsync();
        var copies = new List<(ContentKey Key, Copy Copy, int Number)>();
        for (var turn = 0; turn < 3; turn++)
        {
            copies.AddRange(await FillAsync(pool, FourFifths));
        }

        var log = pool.Directories().Single().Log;

        await TidyAsync(pool);

        var kept = log.Segments().Where(static segment => !segment.IsNewest).Sum(static one => one.LengthBytes);
        Assert.InRange(kept, 1, copies.Count * FourFifths * 1.1);
        foreach (var (key, copy, number) in copies)
        {
            await AssertHeldAsync(pool, key, copy, number, FourFifths);
        }

        var moved = log.Counters.ContentBytes;
        await pool.TidyAsync(Token);
        Assert.Equal(moved, log.Counters.ContentBytes);
    }

    [Fact]
    public async Task Release_records_go_when_nothing_older_is_there()
    {
        using var folder = Folder();
        await using var pool = await folder.OpenAsync();
        for (var life = 0; life < 2; life++)
        {
            foreach (var (key, copy, _) in await FillAsync(pool))
            {
                await pool.ReleaseAsync(key, copy.Incarnation, Token);
            }
        }

        await TidyAsync(pool);

        Assert.InRange(pool.Directories().Single().Log.Segments().Count, 1, 2);
    }

    /// <summary>However small records are beside what the log adds to each: nothing of it is moved twice for that.
    /// </summary>
    [Fact]
    public async Task Segments_full_of_release_records_that_are_needed_stay_as_they_are()
    {
        const int Releases = 30_000;
        using var folder = Folder(segmentBytes: 1 << 20);
        await using var pool = await folder.OpenAsync();
        var oldest = new List<(ContentKey Key, Copy Copy, int Number)>();
        for (var turn = 0; turn < 12; turn++)
        {
            oldest.AddRange(await FillAsync(pool, 100_000, count: 1));
        }

        var log = pool.Directories().Single();
        await Parallel.ForAsync(0, Releases, new ParallelOptions { MaxDegreeOfParallelism = 1000 }, async (number, _) =>
            await log.CommitAsync(ShardWrite.Release(oldest[0].Key, (ulong)number + 1), Token));
        await TidyAsync(pool);
        var moved = log.Log.Counters.ContentBytes;

        await pool.TidyAsync(Token);
        await pool.TidyAsync(Token);

        Assert.Equal(moved, log.Log.Counters.ContentBytes);
        Assert.True(log.Log.Segments().Count > 2, "There are no segments to be left alone.");
    }

    [Fact]
    public async Task What_was_given_up_stays_so_when_the_index_is_made_anew_from_what_was_moved()
    {
        using var folder = Folder();
        List<(ContentKey Key, Copy Copy, int Number)> copies;
        await using (var pool = await folder.OpenAsync())
        {
            copies = await FillAsync(pool);
            foreach (var (key, copy, _) in copies.Where(one => one.Number % 3 == 0))
            {
                await pool.ReleaseAsync(key, copy.Incarnation, Token);
            }

            await TidyAsync(pool);
        }

        Directory.Delete(Path.Combine(folder.Options.StateDirectory, "index"), recursive: true);
        await using var again = await folder.OpenAsync();

        foreach (var (key, copy, number) in copies)
        {
            if (number % 3 == 0)
            {
                Assert.Null(await again.ReadAsync(key, copy, 0, new byte[SizeBytes], Token));
            }
            else
            {
                await AssertHeldAsync(again, key, copy, number);
            }
        }
    }

    [Fact]
    public async Task A_damaged_segment_stays_and_nothing_of_it_is_written_again_and_again()
    {
        using var folder = Folder();
        await using var pool = await folder.OpenAsync();
        foreach (var (key, copy, _) in (await FillAsync(pool)).Where(one => one.Number % 3 == 0))
        {
            await pool.ReleaseAsync(key, copy.Incarnation, Token);
        }

        await FillAsync(pool);
        folder.Rot(0);
        await TidyAsync(pool);
        var log = pool.Directories().Single().Log;
        var (before, segments) = (log.Counters.ContentBytes, log.Segments().Count);

        await pool.TidyAsync(Token);
        await pool.TidyAsync(Token);

        Assert.Equal((before, segments), (log.Counters.ContentBytes, log.Segments().Count));
        Assert.True(segments > 3, "The damaged segments are not there any more.");
    }

    private static PoolFolder Folder(int segmentBytes = 256 << 10)
    {
        var folder = new PoolFolder(dataShards: 1, parityShards: 0);
        folder.Options = folder.Options with { SegmentBytes = segmentBytes };
        return folder;
    }

    private static async Task<List<(ContentKey Key, Copy Copy, int Number)>> FillAsync(
        PoolLocation pool, int sizeBytes = SizeBytes, int count = Count)
    {
        var copies = new List<(ContentKey Key, Copy Copy, int Number)>();
        for (var number = 0; number < count; number++)
        {
            var bytes = Content(number, sizeBytes);
            var root = new byte[Blake3.HashSizeBytes];
            Blake3.Hash(bytes, root);
            var cid = Cid.ForRaw(root);
            await using var staged = await pool.StageAsync(sizeBytes, Token);
            await staged.WriteAsync(bytes, Token);
            var held = await staged.SealAsync(new CopyManifest(ContentKey.Shared(cid), sizeBytes, cid), Token);
            copies.Add((
                ContentKey.Shared(cid),
                new Copy(pool.Id, held.Incarnation, CopyState.Verified, held.Header, DateTimeOffset.UnixEpoch),
                number));
        }

        return copies;
    }

    private static async Task TidyAsync(PoolLocation pool)
    {
        var passes = 0;
        while (await pool.TidyAsync(Token) > 0)
        {
            Assert.True(++passes < PassesMax, "It moves the same records again and again.");
        }
    }

    private static async Task AssertHeldAsync(
        PoolLocation pool, ContentKey key, Copy copy, int number, int sizeBytes = SizeBytes)
    {
        var read = new byte[sizeBytes];
        Assert.Equal(sizeBytes, await pool.ReadAsync(key, copy, 0, read, Token));
        Assert.Equal(Content(number, sizeBytes), read);
    }

    private static byte[] Content(int number, int sizeBytes)
    {
        var bytes = new byte[sizeBytes];
        new Random(number).NextBytes(bytes);
        return bytes;
    }
}
