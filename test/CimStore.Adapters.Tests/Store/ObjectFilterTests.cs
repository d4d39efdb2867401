using System.Diagnostics;
using CimStore.Disk;
using CimStore.Disk.Catalog;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Testing.Store;
using Xunit;

namespace CimStore.Adapters.Tests.Store;

/// <summary>What is taken for absent without asking the index is never in it.</summary>
public sealed class ObjectFilterTests
{
    private static readonly IdSource Ids = new(TimeProvider.System);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void All_that_was_added_may_be_there_and_little_else()
    {
        var filter = new ObjectFilter();
        for (var number = 0; number < 300_000; number++)
        {
            filter.Add(Key(number));
            Assert.True(filter.MayHold(Key(number)));
        }

        Assert.All(Enumerable.Range(0, 300_000), number => Assert.True(filter.MayHold(Key(number))));
        var mistaken = Enumerable.Range(300_000, 100_000).Count(number => filter.MayHold(Key(number)));
        Assert.InRange(mistaken, 0, 5000);
        Assert.InRange(filter.SizeBytes, 300_000 * 2, 300_000 * 4);
    }

    [Fact]
    public void Past_its_limit_everything_may_be_there_and_it_takes_no_memory()
    {
        var filter = new ObjectFilter(keysMax: 100_000);
        for (var number = 0; number < 100_001; number++)
        {
            filter.Add(Key(number));
            Assert.True(filter.MayHold(Key(number)));
        }

        Assert.All(Enumerable.Range(0, 1000), number => Assert.True(filter.MayHold(Key(-1 - number))));
        Assert.Equal(0, filter.SizeBytes);
    }

    [Fact]
    public async Task Whoever_asks_while_it_grows_finds_what_was_added_before()
    {
        const int Count = 250_000;
        var filter = new ObjectFilter();
        var added = 0;
        var readers = Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
        {
            for (var seen = Volatile.Read(ref added); seen < Count; seen = Volatile.Read(ref added))
            {
                Assert.True(seen == 0 || filter.MayHold(Key(seen - 1)));
                Assert.True(seen == 0 || filter.MayHold(Key(seen / 2)));
            }
        })).ToList();
        for (var number = 0; number < Count; number++)
        {
            filter.Add(Key(number));
            Volatile.Write(ref added, number + 1);
        }

        await Task.WhenAll(readers);
    }

    [Fact]
    public async Task A_store_that_is_opened_again_finds_the_old_and_the_new_while_and_after_it_is_filled()
    {
        const int Count = 6000;
        using var directory = new TempDirectory();
        await using (var store = await Sample.OpenAsync(directory))
        {
            Assert.True(store.Projection.IsFilterWhole);
            await AppendAsync(store, 0, Count);
            await RequireFoundAsync(store, 0, Count);
        }

        await using var opened = await Sample.OpenAsync(directory);
        Assert.False(opened.Projection.IsFilterWhole);
        await RequireFoundAsync(opened, 0, Count);
        for (var from = Count; from < 2 * Count; from += 200)
        {
            await AppendAsync(opened, from, 200);
            await RequireFoundAsync(opened, from - 200, 400);
        }

        var patience = Stopwatch.StartNew();
        while (!opened.Projection.IsFilterWhole && patience.Elapsed < TimeSpan.FromSeconds(30))
        {
            await Task.Delay(10, Token);
        }

        Assert.True(opened.Projection.IsFilterWhole);
        await RequireFoundAsync(opened, 0, 2 * Count);
        await AppendAsync(opened, 2 * Count, 10);
        await RequireFoundAsync(opened, 2 * Count, 10);
        Assert.Null(await opened.FindAsync(Key(-1), Token));
    }

    [Fact]
    public async Task A_store_is_closed_while_it_is_filled()
    {
        const int Count = 5000;
        using var directory = new TempDirectory();
        for (var round = 0; round < 3; round++)
        {
            await using var store = await Sample.OpenAsync(directory);
            await AppendAsync(store, round * Count, Count);
        }

        await using var opened = await Sample.OpenAsync(directory);
        await RequireFoundAsync(opened, 0, 3 * Count);
    }

    private static ContentKey Key(int number) => Sample.Key(BitConverter.GetBytes(number));

    private static async Task AppendAsync(DiskStore store, int from, int count)
    {
        foreach (var some in Enumerable.Range(from, count).Chunk(200))
        {
            await store.AppendAsync(
                [.. some.Select(static number => Sample.Store(Ids, BitConverter.GetBytes(number)))], Token);
        }
    }

    private static async Task RequireFoundAsync(DiskStore store, int from, int count)
    {
        for (var number = from; number < from + count; number++)
        {
            Assert.True(await store.FindAsync(Key(number), Token) is not null, $"{number} is not found");
        }
    }
}
