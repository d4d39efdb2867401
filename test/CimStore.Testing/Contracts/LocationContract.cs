using System.Buffers;
using CimStore.Content;
using CimStore.Locations;
using CimStore.Objects;
using Xunit;

namespace CimStore.Testing.Contracts;

/// <summary>What every <see cref="ILocation"/> does.</summary>
public abstract class LocationContract : StoreContract
{
    [Fact]
    public async Task Small_content_of_every_size_is_read_back()
    {
        foreach (var size in Samples.BoundarySizes.Where(size => size <= Location.InlineSizeMaxBytes))
        {
            var content = Samples.Bytes(size, size);
            var entry = await AppendAsync(content);

            var (key, copy) = await CopyOfAsync(Samples.CidOf(content));

            Assert.Equal(entry.Lsn.Value, copy.Incarnation);
            Assert.Equal(content, await ReadAllAsync(key, copy, size));
            Assert.Equal(0, await Location.ReadAsync(key, copy, size, new byte[10], Token));
            Assert.Equal(0, await Location.ReadAsync(key, copy, size + 5, new byte[10], Token));
        }
    }

    [Fact]
    public async Task Staged_content_is_read_back_with_its_tree()
    {
        var content = Samples.Bytes(3_000_001, 1);
        var cid = await StageAsync(content);

        var (key, copy) = await CopyOfAsync(cid);

        Assert.Equal(content, await ReadAllAsync(key, copy, content.Length));
        var part = new byte[1000];
        Assert.Equal(1000, await Location.ReadAsync(key, copy, 2_000_000, part, Token));
        Assert.Equal(content[2_000_000..2_001_000], part);
        var nodes = new ArrayBufferWriter<byte>();
        Blake3Outboard.Build(content, new byte[Blake3.HashSizeBytes], nodes);
        var tree = new byte[nodes.WrittenCount];
        Assert.Equal(tree.Length, await Location.ReadTreeAsync(key, copy, 0, tree, Token));
        Assert.Equal(nodes.WrittenSpan.ToArray(), tree);
    }

    [Fact]
    public async Task Staged_content_without_its_entry_is_nowhere()
    {
        await using (var staged = await Location.StageAsync(null, Token))
        {
            await staged.WriteAsync(new byte[2_000_000], Token);
        }

        Assert.Equal(Lsn.None, Journal.DurableLsn);
        Assert.Empty(await Catalog.ListAsync(DedupDomain.Shared, null, Token).ListAsync(Token));
    }

    [Fact]
    public async Task Staged_content_of_another_size_is_not_sealed()
    {
        await using var staged = await Location.StageAsync(10, Token);
        await staged.WriteAsync(new byte[10], Token);

        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await staged.SealAsync(
            ContentKey.Shared(Samples.CidOf(new byte[11])), 11, new byte[Blake3.HashSizeBytes], Token));
    }

    [Fact]
    public async Task A_copy_that_is_not_held_is_absent()
    {
        await AppendAsync([1]);
        var (key, copy) = await CopyOfAsync(Samples.CidOf([1]));

        Assert.Null(await Location.ReadAsync(key, copy with { Incarnation = 999 }, 0, new byte[1], Token));
        Assert.Null(await Location.ReadAsync(key, copy with { Location = new LocationId("x") }, 0, new byte[1], Token));
    }

    [Fact]
    public async Task A_cancelled_call_is_cancelled()
    {
        await AppendAsync([1]);
        var (key, copy) = await CopyOfAsync(Samples.CidOf([1]));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await Location.ReadAsync(key, copy, 0, new byte[1], Cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await Location.StageAsync(null, Cancelled));
    }

    [Fact]
    public async Task Readers_at_once_all_read_the_same()
    {
        var content = Samples.Bytes(200_000, 2);
        await AppendAsync(content);
        var (key, copy) = await CopyOfAsync(Samples.CidOf(content));

        var read = await Task.WhenAll(
            Enumerable.Range(0, 16).Select(_ => Task.Run(() => ReadAllAsync(key, copy, content.Length))));

        Assert.All(read, bytes => Assert.Equal(content, bytes));
    }

    private async Task<(ContentKey Key, Copy Copy)> CopyOfAsync(Cid cid)
    {
        var record = (await Catalog.FindAsync(ContentKey.Shared(cid), Token))!;
        return (record.Key, Assert.Single(record.Copies));
    }
}
