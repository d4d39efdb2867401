using CimStore.Locations;
using CimStore.Objects;
using CimStore.Testing.Contracts;
using CimStore.Testing.Memory;
using Xunit;
using static CimStore.Tests.Engine.CopiesInMemory;

namespace CimStore.Tests.Engine;

/// <summary>Bytes that hash to their CID prove themselves, whatever became of the tree beside them.</summary>
public sealed class TreeDamageTests
{
    private const int Size = 3_000_000;

    private static readonly IdSource Ids = new(TimeProvider.System);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("zeroed", 0, Size)]
    [InlineData("zeroed", 1_234_567, 100)]
    [InlineData("cut", 0, Size)]
    [InlineData("empty", 0, Size)]
    [InlineData("one bit", 0, Size)]
    [InlineData("refused", 0, Size)]
    [InlineData("refused", 2_999_000, 1_000)]
    public async Task Content_whose_tree_alone_is_damaged_is_read(string damage, int offset, int length)
    {
        var store = new MemoryStore(TimeProvider.System, Ids, "hot", 1 << 20);
        ILocation location = damage == "refused" ? new TreelessLocation(store) : store;
        await using var node = await OpenAsync(store, location);
        var content = Samples.Bytes(Size, 1);
        var stored = await StoreAsync(node, content);
        DamageTree(store, stored.Receipt.Lsn.Value, damage);

        Assert.Equal(content[offset..(offset + length)], await ReadAsync(node, stored, offset, length));
        Assert.Equal(CopyState.Quarantined, (await node.StatAsync(stored.Cid, Token))!.Copies.Single().State);
    }

    [Theory]
    [InlineData("zeroed")]
    [InlineData("refused")]
    public async Task Verify_says_that_only_the_tree_is_wrong(string damage)
    {
        var store = new MemoryStore(TimeProvider.System, Ids, "hot", 1 << 20);
        ILocation location = damage == "refused" ? new TreelessLocation(store) : store;
        await using var node = await OpenAsync(store, location);
        var stored = await StoreAsync(node, Samples.Bytes(Size, 2));
        DamageTree(store, stored.Receipt.Lsn.Value, damage);

        var verdict = Assert.Single((await node.VerifyAsync(stored.Cid, Token))!.Copies);

        Assert.False(verdict.IsRight);
        Assert.StartsWith("its tree ", verdict.Detail, StringComparison.Ordinal);
        Assert.Contains("its bytes are right", verdict.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wrong_bytes_are_not_given_out_for_want_of_a_tree()
    {
        var store = new MemoryStore(TimeProvider.System, Ids, "hot", 1 << 20);
        await using var node = await OpenAsync(store, store);
        var stored = await StoreAsync(node, Samples.Bytes(Size, 3));
        DamageTree(store, stored.Receipt.Lsn.Value, "zeroed");
        store.Rot(stored.Receipt.Lsn.Value, Size - 1);

        await Assert.ThrowsAsync<IntegrityException>(() => ReadAsync(node, stored, 0, Size));
        var verdict = Assert.Single((await node.VerifyAsync(stored.Cid, Token))!.Copies);

        Assert.DoesNotContain("bytes are right", verdict.Detail, StringComparison.Ordinal);
    }

    /// <summary>Neither has all its bytes right, and only one a tree.</summary>
    [Fact]
    public async Task The_tree_of_one_copy_proves_the_bytes_of_another()
    {
        var first = new MemoryStore(TimeProvider.System, Ids, "hot", 1 << 20);
        var second = new MemoryStore(TimeProvider.System, Ids, "warm", 1 << 20);
        await using var node = await OpenAsync(first, first, second);
        var content = Samples.Bytes(Size, 4);
        var stored = await StoreAsync(node, content);
        await ReplicateAsync(first, second, stored);
        DamageTree(first, stored.Receipt.Lsn.Value, "zeroed");
        first.Rot(stored.Receipt.Lsn.Value, Size - 1);
        second.Rot(77, 0);

        Assert.Equal(content, await ReadAsync(node, stored, 0, Size));
    }

    private static void DamageTree(MemoryStore store, ulong incarnation, string damage)
    {
        var (bytes, tree) = store.Take(incarnation);
        byte[] damaged = damage switch
        {
            "zeroed" => new byte[tree.Length],
            "cut" => tree[..(tree.Length / 2)],
            "empty" => [],
            "one bit" => [.. tree[..^1], (byte)(tree[^1] ^ 1)],
            _ => tree,
        };
        store.Plant(incarnation, [.. bytes], damaged);
    }

    /// <summary>As a pool of which too few parts of the tree are right.</summary>
    private sealed class TreelessLocation(MemoryStore inner) : LocationOver(inner)
    {
        public override ValueTask<int?> ReadTreeAsync(
            ContentKey key, Copy copy, long offset, Memory<byte> destination, CancellationToken cancellationToken) =>
            throw new IntegrityException("Too few parts are right.");
    }
}
