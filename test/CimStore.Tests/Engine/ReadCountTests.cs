using CimStore.Content;
using CimStore.Engine;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Testing.Contracts;
using CimStore.Testing.Memory;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace CimStore.Tests.Engine;

/// <summary>Reads are counted in memory and told in batches (D17).</summary>
public sealed class ReadCountTests
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 23, 0, 0, 0, TimeSpan.Zero));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact, Trait("row", "G2")]
    public async Task Reads_write_nothing_until_they_are_told_in_one_append()
    {
        var (node, store) = await OpenAsync(eventsMax: 100);
        var small = (await node.StoreAsync([1], Token)).Cid;
        var large = (await node.StoreAsync(Samples.Bytes(3_000_000, 1), Token)).Cid;
        var appends = new List<int>();
        store.BeforeAppend = changes => appends.Add(changes.Count);
        await ReadAsync(node, small, 70);
        await ReadAsync(node, large, 3);
        Assert.Empty(appends);

        Assert.Equal(2, await node.TellReadsAsync(Token));
        Assert.Equal(0, await node.TellReadsAsync(Token));

        Assert.Equal([2], appends);
        var told = await ToldAsync(node);
        Assert.Equal(
            [(small, "memory", 70L), (large, "hot", 3L)],
            told.Select(read => (read.Key.Cid, read.Location.Name, read.Count)));
    }

    [Fact]
    public async Task Only_the_contents_read_most_are_told()
    {
        var (node, _) = await OpenAsync(eventsMax: 2);
        var cids = new List<Cid>();
        for (byte index = 0; index < 9; index++)
        {
            cids.Add((await node.StoreAsync([index], Token)).Cid);
            await ReadAsync(node, cids[index], index + 1);
        }

        Assert.Equal(2, await node.TellReadsAsync(Token));

        Assert.Equal([cids[8], cids[7]], (await ToldAsync(node)).Select(read => read.Key.Cid));
    }

    [Fact]
    public void More_contents_than_fit_are_not_counted_and_cost_no_memory()
    {
        var counts = new ReadCounts();
        for (var index = 0; index < 200_000; index++)
        {
            counts.Add(ContentKey.Shared(Samples.CidOf(BitConverter.GetBytes(index))), new LocationId("hot"), default);
        }

        Assert.InRange(counts.Take(int.MaxValue).Count, 60_000, 65_536);
        Assert.Empty(counts.Take(int.MaxValue));
    }

    [Fact]
    public async Task A_read_changes_no_record()
    {
        var (node, _) = await OpenAsync(eventsMax: 10);
        var cid = (await node.StoreAsync([1], Token)).Cid;
        var before = await node.StatAsync(cid, Token);
        await ReadAsync(node, cid, 1);

        await node.TellReadsAsync(Token);

        Assert.Same(before, await node.StatAsync(cid, Token));
    }

    [Fact]
    public async Task Who_does_not_ask_for_reads_gets_none()
    {
        var (node, _) = await OpenAsync(eventsMax: 0);
        await ReadAsync(node, (await node.StoreAsync([1], Token)).Cid, 5);

        Assert.Equal(0, await node.TellReadsAsync(Token));
        Assert.Empty(await ToldAsync(node));
    }

    private static async Task ReadAsync(StorageNode node, Cid cid, int count)
    {
        for (var index = 0; index < count; index++)
        {
            Assert.NotNull(await node.ReadAsync(cid, Token));
        }
    }

    private static async Task<List<StorageEvent.Retrieved>> ToldAsync(StorageNode node) => await node
        .EventsAsync(Lsn.None, false, Token).Select(entry => entry.Event).OfType<StorageEvent.Retrieved>()
        .ToListAsync(Token);

    private ValueTask<(StorageNode Node, MemoryStore Store)> OpenAsync(int eventsMax) =>
        MemoryNode.OpenAsync(_time, new StorageNodeOptions { ReadEventsMax = eventsMax }, Token);
}
