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
