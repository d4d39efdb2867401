using System.Buffers;
using System.IO.Pipelines;
using CimStore.Content;
using CimStore.Engine;
using CimStore.Locations;
using CimStore.Objects;
using Xunit;

namespace CimStore.Testing.Contracts;

/// <summary>What every <see cref="IStorageClient"/> does, whatever it stands on: storing and reading.</summary>
public abstract partial class StorageClientContract : IAsyncLifetime
{
    private IStorageClient? _client;

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    protected IStorageClient Client => _client!;

    public async ValueTask InitializeAsync() => _client = await OpenAsync();

    public virtual async ValueTask DisposeAsync()
    {
        if (_client is not null)
        {
            await _client.DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Content_of_every_boundary_size_comes_back_as_it_was()
    {
        foreach (var size in Samples.BoundarySizes)
        {
            var content = Samples.Bytes(size, size);

            var stored = await Client.StoreAsync(content, Token);

            Assert.Equal(Samples.CidOf(content), stored.Cid);
            Assert.Equal(size, stored.SizeBytes);
            Assert.False(stored.Deduplicated);
            Assert.Equal(content, await Client.ReadAsync(stored.Cid, Token));
            Assert.Equal(content, await Client.ReadAsync(stored.Cid, Token));
        }
    }

    [Fact]
    [Trait("row", "H6")]
    public async Task Any_range_can_be_read()
    {
        foreach (var size in (int[])[0, 100, 5000, 3_000_001])
        {
            var content = Samples.Bytes(size, size + 7);
            var cid = (await Client.StoreAsync(content, Token)).Cid;
            (long Offset, long Length)[] ranges =
            [
                (0, 0), (0, 1), (size / 2, 1), (size / 3, size / 2), (size - 1, 1), (size - 1, 100), (size, 5),
                (16_383, 2), (1_048_575, 2), (1_000_000, 1_500_000),
            ];

            foreach (var (offset, length) in ranges.Where(range => range.Offset >= 0 && range.Offset <= size))
            {
                var expected = content[(int)offset..(int)Math.Min(size, offset + length)];

                Assert.Equal(expected, await Client.ReadAsync(cid, Token, offset, length));
            }
        }
    }

    [Fact]
    public async Task Any_block_can_be_read_into_memory()
    {
        foreach (var size in (int[])[0, 1, 5000, 3_000_001])
        {
            var content = Samples.Bytes(size, size + 11);
            var cid = (await Client.StoreAsync(content, Token)).Cid;
            foreach (var (offset, length) in ((int, int)[])
                [(0, size), (0, size + 100), (0, size / 2), (size / 3, size), (size, 10), (size + 5, 10), (0, 0)])
            {
                var expected = content.Skip(offset).Take(length).ToArray();

                // At its location at first, then perhaps from memory.
                for (var time = 0; time < 3; time++)
                {
                    var block = new byte[length];
                    var read = await Client.ReadAsync(cid, RetrieveRequest.Default, offset, block, Token);

                    Assert.Equal(expected.Length, read);
                    Assert.Equal(expected, block[..expected.Length]);
                    Assert.True(block.AsSpan(expected.Length).IndexOfAnyExcept((byte)0) < 0);
                }
            }
        }
    }

    [Fact]
    public async Task A_block_of_what_is_not_here_is_absent_and_one_that_cannot_be_is_a_bug()
    {
        var stored = (await Client.StoreAsync(Samples.Bytes(100, 12), Token)).Cid;
        var block = new byte[100];

        Assert.Null(await Client.ReadAsync(Samples.CidOf([7, 7]), RetrieveRequest.Default, 0, block, Token));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            async () => await Client.ReadAsync(stored, RetrieveRequest.Default, -1, block, Token));
        await Client.DeleteAsync(stored, DeleteRequest.Default with { Grace = TimeSpan.Zero }, Token);
        Assert.Null(await Client.ReadAsync(stored, RetrieveRequest.Default, 0, block, Token));
    }

    [Fact]
    public async Task What_was_never_stored_is_absent()
    {
        var cid = Samples.CidOf([1, 2, 3]);

        Assert.Null(await Client.ReadAsync(cid, Token));
        Assert.Null(await Client.StatAsync(cid, Token));
        Assert.Null(await Client.VerifyAsync(cid, Token));
        Assert.Null(await Client.ExplainAsync(cid, Token));
        var deleted = await Client.DeleteAsync(cid, DeleteRequest.Default, Token);
        Assert.False(deleted.Found);
    }

    [Fact]
    [Trait("row", "B10")]
    public async Task The_same_bytes_are_stored_once()
    {
        var content = Samples.Bytes(5000, 1);
        var first = await Client.StoreAsync(content, Token);

        var second = await Client.StoreAsync(content, Token);

        Assert.False(first.Deduplicated);
        Assert.True(second.Deduplicated);
        Assert.Equal(first.Cid, second.Cid);
        Assert.Single((await Client.StatAsync(first.Cid, Token))!.References);
    }

    [Fact]
    [Trait("row", "B10")]
    public async Task Two_owners_of_one_content_have_two_references_and_one_copy()
    {
        var content = Samples.Bytes(5000, 2);
        var pin = new Reference(new OwnerId("ada"), NamespaceId.Default, null);
        var ada = StoreRequest.Default with { Reference = pin };
        await Client.StoreAsync(content, Token);

        var second = await Client.StoreAsync(content, Token, ada);

        Assert.True(second.Deduplicated);
        var record = (await Client.StatAsync(second.Cid, Token))!;
        Assert.Equal(2, record.References.Length);
        Assert.Single(record.Copies);
        var status = await Client.StatusAsync(Token);
        Assert.Contains(status.Owners, owner => owner is { Owner.Name: "ada", Objects: 1, LogicalBytes: 5000 });
    }

    [Fact]
    public async Task A_receipt_says_what_was_true()
    {
        var stored = await Client.StoreAsync(Samples.Bytes(10, 3), Token);

        var copy = Assert.Single(stored.Receipt.Copies);
        Assert.Equal(StorageTier.Hot, copy.Tier);
        Assert.Equal(DurabilityClass.Ephemeral, stored.Receipt.Class);
        Assert.Equal(0, stored.Receipt.CopiesOwed);
        Assert.True(stored.Receipt.Lsn > Lsn.None);
        Assert.NotEmpty(stored.Receipt.Reason);
        Assert.True(stored.Receipt.Lsn <= (await Client.StatusAsync(Token)).DurableLsn);
    }

    [Fact]
    public async Task Another_codec_and_hash_give_another_name()
    {
        var content = Samples.Bytes(2_000_000, 4);
        var request = StoreRequest.Default with { Codec = Codecs.DagCbor, HashFunction = HashFunctions.Sha256 };

        var stored = await Client.StoreAsync(content, Token, request);

        var sha = System.Security.Cryptography.SHA256.HashData(content);
        Assert.Equal(Cid.FromDigest(Codecs.DagCbor, HashFunctions.Sha256, sha), stored.Cid);
        Assert.Equal(content, await Client.ReadAsync(stored.Cid, Token));
        Assert.True((await Client.VerifyAsync(stored.Cid, Token))!.IsWhole);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(2_000_000)]
    public async Task Content_that_is_not_the_expected_one_is_refused(int size)
    {
        var content = Samples.Bytes(size, 5);
        var request = StoreRequest.Default with { ExpectedCid = Samples.CidOf([9]) };

        var refused = await Assert.ThrowsAsync<RefusedException>(
            async () => await Client.StoreAsync(content, Token, request));

        Assert.Equal("cid-mismatch", refused.Refusal.Code);
        Assert.Null(await Client.StatAsync(Samples.CidOf(content), Token));
    }

    [Theory]
    [InlineData(100, 99)]
    [InlineData(100, 101)]
    [InlineData(2_000_000, 1_999_999)]
    [InlineData(2_000_000, 2_000_001)]
    public async Task Content_of_another_length_than_announced_is_refused(int size, int announced)
    {
        var content = Samples.Bytes(size, 6);
        var request = StoreRequest.Default with { LengthBytes = announced };

        var refused = await Assert.ThrowsAsync<RefusedException>(
            async () => await Client.StoreAsync(content, Token, request));

        Assert.Equal("length-mismatch", refused.Refusal.Code);
        Assert.Null(await Client.StatAsync(Samples.CidOf(content), Token));
    }

    [Fact]
    public async Task A_class_that_cannot_be_had_is_refused_unless_the_debt_is_accepted()
    {
        var critical = StoreRequest.Default with { Class = DurabilityClass.Critical };

        var refused = await Assert.ThrowsAsync<RefusedException>(
            async () => await Client.StoreAsync([1], Token, critical));
        var owed = await Client.StoreAsync([1], Token, critical with { AcceptDebt = true });

        Assert.Equal("class-unsatisfied", refused.Refusal.Code);
        Assert.Equal(2, owed.Receipt.CopiesOwed);
    }

    [Fact]
    [Trait("row", "G1")]
    public async Task A_command_delivered_twice_takes_effect_once()
    {
        var request = StoreRequest.Default with { Identity = Samples.Identity(NewId()) };
        var content = Samples.Bytes(100, 7);
        var first = await Client.StoreAsync(content, Token, request);

        var second = await Client.StoreAsync(content, Token, request);

        Assert.True(second.Replayed);
        Assert.Equal(first.Receipt.Lsn, second.Receipt.Lsn);
        Assert.False(second.Deduplicated);
    }

    [Fact]
    public async Task A_command_delivered_many_times_at_once_takes_effect_once()
    {
        var request = StoreRequest.Default with { Identity = Samples.Identity(NewId()) };
        var content = Samples.Bytes(100, 8);

        var results = await Task.WhenAll(
            Enumerable.Range(0, 8).Select(_ => Client.StoreAsync(content, Token, request).AsTask()));

        Assert.Single(results, result => !result.Replayed);
        Assert.Single(results.Select(result => result.Receipt.Lsn).Distinct());
    }

    [Fact]
    public async Task A_message_id_belongs_to_one_request()
    {
        var request = StoreRequest.Default with { Identity = Samples.Identity(NewId()) };
        await Client.StoreAsync([1, 2], Token, request);

        var refused = await Assert.ThrowsAsync<RefusedException>(
            async () => await Client.StoreAsync([3, 4], Token, request));

        Assert.Equal("message-id-reused", refused.Refusal.Code);
    }

    [Fact]
    [Trait("row", "G12")]
    public async Task A_batch_gives_each_item_its_own_result_in_order()
    {
        var contents = Enumerable.Range(0, 100).Select(i => Samples.Bytes(i * 37, i)).ToList();
        contents[50] = contents[10];
        var items = contents.Select(content => new StoreItem(new ReadOnlySequence<byte>(content))).ToList();
        items[20] = items[20] with { ExpectedCid = Samples.CidOf([9]) };

        var results = await Client.StoreManyAsync(items, StoreRequest.Default, Token);

        Assert.Equal(items.Count, results.Count);
        Assert.Equal("cid-mismatch", results[20].Refused!.Code);
        Assert.Null(await Client.StatAsync(Samples.CidOf(contents[20]), Token));
        Assert.True(results[50].Stored!.Deduplicated);
        foreach (var index in Enumerable.Range(0, contents.Count).Where(index => index != 20))
        {
            Assert.Null(results[index].Refused);
            Assert.Equal(Samples.CidOf(contents[index]), results[index].Stored!.Cid);
            Assert.Equal(contents[index], await Client.ReadAsync(results[index].Stored!.Cid, Token));
        }
    }

    [Fact]
    public async Task A_batch_delivered_twice_takes_effect_once()
    {
        var request = StoreRequest.Default with { Identity = Samples.Identity(NewId()) };
        StoreItem[] items = [Item([1]), Item([2]), Item([1])];
        var first = await Client.StoreManyAsync(items, request, Token);

        var second = await Client.StoreManyAsync(items, request, Token);

        Assert.All(second, result => Assert.True(result.Stored!.Replayed));
        Assert.Equal(
            first.Select(result => result.Stored!.Receipt.Lsn), second.Select(result => result.Stored!.Receipt.Lsn));
    }

    [Fact]
    public async Task An_empty_batch_is_no_work()
    {
        Assert.Empty(await Client.StoreManyAsync([], StoreRequest.Default, Token));
    }

    [Fact]
    public async Task Many_stores_at_once_all_come_true()
    {
        var contents = Enumerable.Range(0, 64).Select(i => Samples.Bytes(1000 + (i % 16), i % 16)).ToList();

        var results = await Task.WhenAll(contents.Select(content => Client.StoreAsync(content, Token).AsTask()));

        Assert.Equal(16, results.Count(result => !result.Deduplicated));
        foreach (var (content, result) in contents.Zip(results))
        {
            Assert.Equal(content, await Client.ReadAsync(result.Cid, Token));
        }
    }

    [Fact]
    public async Task A_store_cancelled_on_entry_changes_nothing()
    {
        var cancelled = new CancellationToken(canceled: true);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await Client.StoreAsync([7, 7], cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await Client.StoreManyAsync([Item([7, 7])], StoreRequest.Default, cancelled));

        Assert.Null(await Client.StatAsync(Samples.CidOf([7, 7]), Token));
    }

    [Fact]
    public async Task A_body_that_breaks_off_is_not_stored()
    {
        var pipe = new Pipe();
        await pipe.Writer.WriteAsync(new byte[] { 5, 5, 5 }, Token);
        await pipe.Writer.CompleteAsync(new IOException("The sender went away."));

        await Assert.ThrowsAnyAsync<Exception>(
            async () => await Client.StoreAsync(pipe.Reader, StoreRequest.Default, Token));

        Assert.Null(await Client.StatAsync(Samples.CidOf([5, 5, 5]), Token));
    }

    [Fact]
    [Trait("row", "D7")]
    public async Task A_node_with_one_location_says_what_it_cannot_do_with_copies()
    {
        var cid = (await Client.StoreAsync([1, 2, 3], Token)).Cid;

        var same = await Client.ReplicateAsync(cid, new ReplicateRequest(1, CommandIdentity.None), Token);
        var hot = await Client.MigrateAsync(cid, new MigrateRequest(StorageTier.Hot, CommandIdentity.None), Token);

        Assert.Equal((cid, 1, false), (same.Cid, same.EffectiveCopies, same.Changed));
        Assert.Equal((StorageTier.Hot, false), (hot.Tier, hot.Changed));
        await RefusesAsync("no-location", () => Client.ReplicateAsync(
            cid, new ReplicateRequest(2, CommandIdentity.None), Token));
        await RefusesAsync("no-location", () => Client.ReplicateAsync(
            cid, new ReplicateRequest(2, CommandIdentity.None) { IsAtLeast = true }, Token));
        await RefusesAsync("no-location", () => Client.MigrateAsync(
            cid, new MigrateRequest(StorageTier.Cold, CommandIdentity.None), Token));
        await RefusesAsync("not-found-here", () => Client.ReplicateAsync(
            Samples.CidOf([9]), new ReplicateRequest(1, CommandIdentity.None), Token));
    }

    private static async Task RefusesAsync(string code, Func<ValueTask<CopiesResult>> ask)
    {
        var refused = await Assert.ThrowsAsync<RefusedException>(async () => await ask());
        Assert.Equal(code, refused.Refusal.Code);
    }

    [Fact]
    public async Task Objects_are_listed_in_order_from_a_cursor()
    {
        var cids = new List<Cid>();
        for (var index = 0; index < 20; index++)
        {
            cids.Add((await Client.StoreAsync(Samples.Bytes(10, index), Token)).Cid);
        }

        var all = await Client.ListAsync(null, Token).ListAsync(Token);
        var rest = await Client.ListAsync(all[7].Key.Cid, Token).ListAsync(Token);

        Assert.Equal(cids.OrderBy(cid => cid.ToString(), StringComparer.Ordinal), all.Select(record => record.Key.Cid));
        Assert.Equal(all.Skip(8).Select(record => record.Key), rest.Select(record => record.Key));
    }

    protected static StoreItem Item(byte[] content) => new(new ReadOnlySequence<byte>(content));

    protected MessageId NewId() => new IdSource(Time).Next();

    /// <summary>The clock the client's node runs on.</summary>
    protected abstract TimeProvider Time { get; }

    /// <summary>An empty store.</summary>
    protected abstract ValueTask<IStorageClient> OpenAsync();
}
