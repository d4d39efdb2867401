using CimStore.Content;
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

    /// <summary>Kept whole when up to 4 MiB were, and read when more than 1 MiB has a tree.</summary>
    [Theory]
    [InlineData(0, Size)]
    [InlineData(1_234_567, 100)]
    public async Task Content_kept_under_a_larger_inline_limit_is_whole(int offset, int length)
    {
        var store = new MemoryStore(TimeProvider.System, Ids, "hot", 4 << 20);
        await using var node = await OpenAsync(store, new LimitedLocation(store, 1 << 20));
        var content = Samples.Bytes(Size, 5);
        var cid = (await AdmitWholeAsync(store, content)).Cid;

        Assert.True((await node.VerifyAsync(cid, Token))!.IsWhole);
        Assert.Equal(content[offset..(offset + length)], await ReadAsync(node, cid, offset, length));
        Assert.Equal(CopyState.Verified, (await node.StatAsync(cid, Token))!.Copies.Single().State);
    }

    [Fact]
    public async Task Wrong_bytes_without_a_tree_are_found()
    {
        var store = new MemoryStore(TimeProvider.System, Ids, "hot", 4 << 20);
        await using var node = await OpenAsync(store, new LimitedLocation(store, 1 << 20));
        var (cid, lsn) = await AdmitWholeAsync(store, Samples.Bytes(Size, 6));
        store.Rot(lsn.Value, Size - 1);

        await Assert.ThrowsAsync<IntegrityException>(() => ReadAsync(node, cid, 0, Size));

        Assert.Equal(CopyState.Quarantined, (await node.StatAsync(cid, Token))!.Copies.Single().State);
    }

    [Fact]
    public async Task A_location_that_goes_away_between_the_bytes_and_the_tree_has_no_bad_copy()
    {
        var store = new MemoryStore(TimeProvider.System, Ids, "hot", 1 << 20);
        await using var node = await OpenAsync(store, new LeavingLocation(store));
        var stored = await StoreAsync(node, Samples.Bytes(Size, 7));

        await Assert.ThrowsAsync<LocationException>(() => ReadAsync(node, stored, 0, Size));

        Assert.Equal(CopyState.Verified, (await node.StatAsync(stored.Cid, Token))!.Copies.Single().State);
    }

    private static async Task<(Cid Cid, Lsn Lsn)> AdmitWholeAsync(MemoryStore store, byte[] content)
    {
        await using var node = await OpenAsync(store, store);
        var stored = await StoreAsync(node, content);
        return (stored.Cid, stored.Receipt.Lsn);
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

    private sealed class LimitedLocation(MemoryStore inner, int inlineSizeMaxBytes) : LocationOver(inner)
    {
        public override int InlineSizeMaxBytes => inlineSizeMaxBytes;
    }

    /// <summary>Once its tree was asked for, nothing answers.</summary>
    private sealed class LeavingLocation(MemoryStore inner) : LocationOver(inner)
    {
        private volatile bool _isAway;

        public override ValueTask<int?> ReadAsync(
            ContentKey key, Copy copy, long offset, Memory<byte> destination, CancellationToken cancellationToken) =>
            _isAway ? throw Away() : base.ReadAsync(key, copy, offset, destination, cancellationToken);

        public override ValueTask<int?> ReadTreeAsync(
            ContentKey key, Copy copy, long offset, Memory<byte> destination, CancellationToken cancellationToken)
        {
            _isAway = true;
            throw Away();
        }

        private static LocationException Away() => new(LocationFault.Offline, "The cable is out.");
    }
}
