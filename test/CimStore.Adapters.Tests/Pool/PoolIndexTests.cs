using CimStore.Disk.Files;
using CimStore.Disk.Pool;
using CimStore.Locations;
using CimStore.Testing.Disk;
using CimStore.Testing.Store;
using Xunit;

namespace CimStore.Adapters.Tests.Pool;

/// <summary>An index that is made anew: by steps, after failed drops, beside heals; nothing is lost or back.</summary>
public sealed class PoolIndexTests
{
    private const int SmallBytes = 1000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory, Trait("row", "B3")]
    [InlineData(6)]
    [InlineData(20)]
    [InlineData(40)]
    public async Task A_making_that_a_read_error_ends_goes_on_where_it_was(int failingRead)
    {
        using var folder = Folder(256 << 10);
        List<Held> copies;
        await using (var pool = await folder.OpenAsync())
        {
            copies = await FillAsync(pool, 0, 600, SmallBytes);
            await TidyAsync(pool);
        }

        DeleteIndex(folder);
        var reads = 0;
        var plan = new FaultPlan().While(
            () => Interlocked.Increment(ref reads) == failingRead, DiskOperation.Read,
            new DiskFault.Error(Errno.InputOutput));
        await TryOpenAsync(folder, new FaultyDisk(new PosixDisk(), plan));
        Assert.True(reads >= failingRead, $"Only {reads} reads.");

        // What was moved looks like what was given up while it was moved, unless the making is known not to have ended.
        await using (var again = await folder.OpenAsync())
        {
            await TidyAsync(again);
        }

        DeleteIndex(folder);
        await using var whole = await folder.OpenAsync();
        await AssertHeldAsync(whole, copies);
    }

    [Fact, Trait("row", "B3")]
    public async Task What_was_given_up_stays_so_after_a_segment_could_not_be_removed()
    {
        using var folder = Folder(64 << 10);
        var isFailing = false;
        var plan = new FaultPlan().While(
            () => isFailing, DiskOperation.Unlink, new DiskFault.Error(Errno.InputOutput));
        List<Held> given;
        await using (var pool = await PoolLocation.OpenAsync(
            folder.Options, TimeProvider.System, new FaultyDisk(new PosixDisk(), plan), Token))
        {
            given = await FillAsync(pool, 0, 14, 4000);
            await FillAsync(pool, 50, 1, 30_000);
            await ReleaseAsync(pool, given);
            await FillAsync(pool, 100, 30, 4000);
            isFailing = true;
            await Assert.ThrowsAsync<LocationException>(() => pool.TidyAsync(Token).AsTask());
            isFailing = false;
            await TidyAsync(pool);
        }

        DeleteIndex(folder);
        await using var again = await folder.OpenAsync();
        await foreach (var held in again.ListCopiesAsync(null, Token))
        {
            Assert.DoesNotContain(given, one => one.Key == held.Manifest.Key);
        }
    }

    /// <summary>A failed sync leaves a segment with a record of that and nothing else.</summary>
    [Fact]
    public async Task A_segment_without_records_does_not_keep_release_records_for_ever()
    {
        using var folder = Folder(64 << 10);
        var failures = 0;
        var plan = new FaultPlan().While(
            () => Interlocked.Decrement(ref failures) >= 0, DiskOperation.SyncData,
            new DiskFault.Error(Errno.InputOutput));
        await using (var pool = await PoolLocation.OpenAsync(
            folder.Options, TimeProvider.System, new FaultyDisk(new PosixDisk(), plan), Token))
        {
            await FillAsync(pool, 0, 1, SmallBytes);
            failures = 1;
            await Assert.ThrowsAsync<LocationException>(() => FillAsync(pool, 1, 1, SmallBytes));
        }

        await using var again = await folder.OpenAsync();
        for (var round = 1; round < 4; round++)
        {
            await ReleaseAsync(again, await FillAsync(again, round * 100, 30, 3000));
            await TidyAsync(again);
        }

        var kept = again.Directories().Single().Projection.Uses().Values.Sum(static use => use.ReleaseBytes);
        Assert.InRange(kept, 0, 30 * 100);
    }

    /// <summary>Else the place that the heal made would be taken for the older one, and its file given up.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_heal_waits_for_what_is_moved_and_makes_nothing_that_was_given_up(bool isGivenUp)
    {
        using var folder = new PoolFolder(dataShards: 1, parityShards: 1);
        var held = default(Held);
        await using (var pool = await folder.OpenAsync())
        {
            held = (await FillAsync(pool, 0, 1, SmallBytes)).Single();
        }

        folder.Lose(1);
        await using var again = await folder.OpenAsync();
        again.Replace(0, 1);
        var replaced = again.Directories().Last();
        await replaced.Moving.WaitAsync(Token);
        var heal = again.HealAsync(held.Key, held.Copy, null, Token).AsTask();
        await Task.Delay(300, Token);
        Assert.False(heal.IsCompleted);
        var release = isGivenUp ? again.ReleaseAsync(held.Key, held.Copy.Incarnation, Token).AsTask() : null;
        replaced.Moving.Release();

        var condition = await heal;
        if (release is null)
        {
            Assert.Equal(2, condition!.PartsIntact);
            return;
        }

        await release;
        Assert.Null(await again.DescribeAsync(held.Key, held.Copy, Token));
        await foreach (var _ in again.ListCopiesAsync(null, Token))
        {
            Assert.Fail("A part of it was made again.");
        }
    }

    /// <summary>The release looks for shards while the heal's is on its way into the log.</summary>
    [Fact]
    public async Task A_heal_that_is_writing_leaves_no_shard_of_what_is_given_up_meanwhile()
    {
        using var folder = new PoolFolder(dataShards: 1, parityShards: 1);
        var held = default(Held);
        await using (var pool = await folder.OpenAsync())
        {
            held = (await FillAsync(pool, 0, 1, SmallBytes)).Single();
        }

        folder.Lose(1);
        var armed = 0;
        using var isWriting = new ManualResetEventSlim();
        using var mayWrite = new ManualResetEventSlim();
        var plan = new FaultPlan().While(
            () =>
            {
                if (Interlocked.Exchange(ref armed, 0) == 1)
                {
                    isWriting.Set();
                    mayWrite.Wait(Token);
                }

                return false;
            },
            DiskOperation.SyncData, new DiskFault.Error(Errno.InputOutput));
        await using var again = await PoolLocation.OpenAsync(
            folder.Options, TimeProvider.System, new FaultyDisk(new PosixDisk(), plan), Token);
        again.Replace(0, 1);
        armed = 1;
        var heal = Task.Run(async () => await again.HealAsync(held.Key, held.Copy, null, Token), Token);
        isWriting.Wait(Token);
        var release = Task.Run(
            async () => await again.ReleaseAsync(held.Key, held.Copy.Incarnation, Token), Token);
        await Task.Delay(300, Token);
        mayWrite.Set();
        await heal;
        await release;

        Assert.Null(await again.DescribeAsync(held.Key, held.Copy, Token));
        await foreach (var _ in again.ListCopiesAsync(null, Token))
        {
            Assert.Fail("A shard of it was left.");
        }
    }

    [Fact]
    public async Task An_index_that_is_in_use_is_not_taken_for_a_damaged_one()
    {
        using var folder = Folder(256 << 10);
        await using var pool = await folder.OpenAsync();
        var copies = await FillAsync(pool, 0, 3, SmallBytes);

        await Assert.ThrowsAsync<LocationException>(() => folder.OpenAsync().AsTask());

        await AssertHeldAsync(pool, copies);
        Assert.NotEmpty(Directory.GetFiles(Path.Combine(folder.Options.StateDirectory, "index")));
    }

    private static PoolFolder Folder(int segmentBytes)
    {
        var folder = new PoolFolder(dataShards: 1, parityShards: 0);
        folder.Options = folder.Options with { SegmentBytes = segmentBytes };
        return folder;
    }

    private static async Task TryOpenAsync(PoolFolder folder, IDisk disk)
    {
        try
        {
            await using var pool = await PoolLocation.OpenAsync(folder.Options, TimeProvider.System, disk, Token);
        }
        catch (LocationException)
        {
            // Its only directory could not be read.
        }
    }

    private static async Task<List<Held>> FillAsync(PoolLocation pool, int first, int count, int sizeBytes)
    {
        var copies = new List<Held>();
        for (var seed = first; seed < first + count; seed++)
        {
            var content = Sample.Bytes(seed, sizeBytes);
            await using var staged = await pool.StageAsync(sizeBytes, Token);
            await staged.WriteAsync(content, Token);
            var held = await staged.SealAsync(Sample.Manifest(content), Token);
            copies.Add(new Held(
                Sample.Key(content),
                new Copy(pool.Id, held.Incarnation, CopyState.Verified, held.Header, DateTimeOffset.UnixEpoch),
                content));
        }

        return copies;
    }

    private static async Task ReleaseAsync(PoolLocation pool, List<Held> copies)
    {
        foreach (var (key, copy, _) in copies)
        {
            await pool.ReleaseAsync(key, copy.Incarnation, Token);
        }
    }

    private static async Task TidyAsync(PoolLocation pool)
    {
        for (var pass = 0; pass < 4; pass++)
        {
            await pool.TidyAsync(Token);
        }
    }

    private static async Task AssertHeldAsync(PoolLocation pool, List<Held> copies)
    {
        foreach (var (key, copy, content) in copies)
        {
            var read = new byte[content.Length];
            Assert.Equal(content.Length, await pool.ReadAsync(key, copy, 0, read, Token));
            Assert.Equal(content, read);
        }
    }

    private static void DeleteIndex(PoolFolder folder) =>
        Directory.Delete(Path.Combine(folder.Options.StateDirectory, "index"), recursive: true);

    private readonly record struct Held(ContentKey Key, Copy Copy, byte[] Content);
}
