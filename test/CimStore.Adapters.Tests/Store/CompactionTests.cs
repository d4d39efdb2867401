using CimStore.Disk;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Testing.Store;
using Xunit;

namespace CimStore.Adapters.Tests.Store;

public sealed class CompactionTests
{
    private static readonly IdSource Ids = new(TimeProvider.System);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Released_content_is_given_back_and_everything_else_stays()
    {
        using var directory = new TempDirectory();
        var options = SmallSegments(directory);
        await using var store = await DiskStore.OpenAsync(options, TimeProvider.System, Token);
        var entries = await FillAndReleaseAsync(store);
        var before = await store.MeasureAsync(Token);

        var given = await store.CompactAsync(Token);

        var after = await store.MeasureAsync(Token);
        Assert.True(given > 0);
        Assert.True(after.GarbageBytes < before.GarbageBytes / 4, $"{before} {after}");
        Assert.True(after.PhysicalBytes < before.PhysicalBytes, $"{before} {after}");
        await AssertContentsAsync(store);
        Assert.Equal(entries, (await store.ReadAsync(Lsn.None, Token).ToListAsync(Token)).Select(e => e.EventCid));
        Assert.Empty(await store.CheckAsync(Token));
    }

    [Fact]
    public async Task An_index_made_anew_after_compaction_equals_the_one_that_was_kept()
    {
        using var directory = new TempDirectory();
        var options = SmallSegments(directory);
        List<Content.Cid> entries;
        await using (var store = await DiskStore.OpenAsync(options, TimeProvider.System, Token))
        {
            entries = await FillAndReleaseAsync(store);
            await store.CompactAsync(Token);
        }

        Directory.Delete(Path.Combine(directory.Path, "index"), recursive: true);
        await using var again = await DiskStore.OpenAsync(options, TimeProvider.System, Token);

        await AssertContentsAsync(again);
        Assert.Equal(entries, (await again.ReadAsync(Lsn.None, Token).ToListAsync(Token)).Select(e => e.EventCid));
        Assert.Empty(again.Warnings);
        Assert.Empty(await again.CheckAsync(Token));
    }

    [Fact]
    public async Task The_ledger_reconciles_with_the_files()
    {
        using var directory = new TempDirectory();
        await using var store = await DiskStore.OpenAsync(SmallSegments(directory), TimeProvider.System, Token);
        await FillAndReleaseAsync(store);

        var ledger = await store.MeasureAsync(Token);

        var files = new DirectoryInfo(directory.Path)
            .EnumerateFiles("*", SearchOption.AllDirectories)
            .Sum(file => file.Length);
        Assert.Equal(files, ledger.PhysicalBytes);
        Assert.Equal(
            ledger.PhysicalBytes,
            ledger.LiveBytes + ledger.HeldBytes + ledger.GarbageBytes + ledger.OverheadBytes);
        Assert.Equal(Enumerable.Range(0, 200).Where(Lives).Sum(seed => Bytes(seed).Length), ledger.LiveBytes);
        Assert.Equal(Enumerable.Range(0, 200).Where(IsHeld).Sum(seed => Bytes(seed).Length), ledger.HeldBytes);
        Assert.Equal(
            Enumerable.Range(0, 200).Where(s => !Lives(s) && !IsHeld(s)).Sum(seed => Bytes(seed).Length),
            ledger.GarbageBytes);
    }

    /// <summary>Each reader finds its bytes wherever they are at the moment: segments move and go under them.</summary>
    [Fact]
    public async Task Readers_find_their_bytes_while_segments_are_emptied_and_dropped()
    {
        using var directory = TempDirectory.InMemory();
        await using var store = await DiskStore.OpenAsync(SmallSegments(directory), TimeProvider.System, Token);
        await FillAndReleaseAsync(store);
        var live = Enumerable.Range(0, 200).Where(Lives).Select(Bytes).ToArray();
        using var ended = new CancellationTokenSource();
        Task<int>[] readers =
            [.. Enumerable.Range(0, 3).Select(_ => Task.Run(() => ReadOverAndOverAsync(store, live, ended)))];
        var given = 0L;
        for (var round = 0; round < 6; round++)
        {
            // Half of them were there in the round before.
            foreach (var content in Enumerable.Range(200 + (round * 30), 60).Select(Bytes))
            {
                await store.AppendAsync([Sample.Store(Ids, content, await FindAsync(store, content))], Token);
                var record = await FindAsync(store, content);
                await store.AppendAsync([Sample.Delete(Ids, record!, DateTimeOffset.UnixEpoch)], Token);
                record = await FindAsync(store, content);
                await store.AppendAsync(Sample.Release(Ids, record!), Token);
            }

            given += await store.CompactAsync(Token);
        }

        await ended.CancelAsync();
        var reads = await Task.WhenAll(readers);

        Assert.True(given > 0);
        Assert.All(reads, count => Assert.True(count >= live.Length, $"Only {count} reads."));
        Assert.Empty(await store.CheckAsync(Token));
    }

    private static ValueTask<ObjectRecord?> FindAsync(DiskStore store, byte[] content) =>
        store.FindAsync(Sample.Key(content), Token);

    private static async Task<int> ReadOverAndOverAsync(
        DiskStore store, byte[][] contents, CancellationTokenSource ended)
    {
        var reads = 0;
        while (!ended.IsCancellationRequested || reads < contents.Length)
        {
            foreach (var content in contents)
            {
                Assert.Equal(content, await Sample.ReadAsync(store, Sample.Key(content), Token));
                reads++;
            }
        }

        return reads;
    }

    private static bool Lives(int seed) => seed % 10 == 0;

    private static bool IsHeld(int seed) => seed % 10 == 5;

    private static byte[] Bytes(int seed) => Sample.Bytes(seed, 1500 + (seed * 7));

    private static DiskStoreOptions SmallSegments(TempDirectory directory) => new()
    {
        DataDirectory = directory.Path,
        ForceUnsafe = true,
        SegmentBytes = 64 << 10,
        IndexMemoryBytes = 1 << 20,
    };

    private static async Task<List<Content.Cid>> FillAndReleaseAsync(DiskStore store)
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var content = Bytes(seed);
            await store.AppendAsync([Sample.Store(Ids, content)], Token);
            if (Lives(seed))
            {
                continue;
            }

            var record = await store.FindAsync(Sample.Key(content), Token);
            await store.AppendAsync([Sample.Delete(Ids, record!, DateTimeOffset.UnixEpoch)], Token);
            if (!IsHeld(seed))
            {
                record = await store.FindAsync(Sample.Key(content), Token);
                await store.AppendAsync(Sample.Release(Ids, record!), Token);
            }
        }

        return await store.ReadAsync(Lsn.None, Token).Select(entry => entry.EventCid).ToListAsync(Token);
    }

    private static async Task AssertContentsAsync(DiskStore store)
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var content = Bytes(seed);
            var expected = Lives(seed) || IsHeld(seed) ? content : null;
            Assert.Equal(expected, await Sample.ReadAsync(store, Sample.Key(content), Token));
        }

        Assert.Equal(20, await store.ListAsync(DedupDomain.Shared, null, Token).CountAsync(Token));
        Assert.Equal(20, await store.ListExpiredAsync(DateTimeOffset.UtcNow, Token).CountAsync(Token));
    }
}
