using System.IO.Pipelines;
using System.Runtime.InteropServices;
using CimStore.Content;
using CimStore.Engine;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Testing.Contracts;
using CimStore.Testing.Memory;
using CimStore.Tests.Journal;
using CsCheck;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace CimStore.Tests.Engine;

/// <summary>The engine with a clock and media that a test controls.</summary>
public sealed class NodeSimulationTests
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 22, 0, 0, 0, TimeSpan.Zero));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Deleted_content_is_released_after_its_grace_and_not_before()
    {
        var (node, store) = await OpenAsync();
        var content = Samples.Bytes(1000, 1);
        var cid = (await node.StoreAsync(content, Token)).Cid;
        await node.DeleteAsync(cid, DeleteRequest.Default, Token);

        _time.Advance(TimeSpan.FromHours(23.9));
        var early = await node.CollectAsync(Token);
        _time.Advance(TimeSpan.FromHours(0.2));
        var late = await node.CollectAsync(Token);
        var again = await node.CollectAsync(Token);

        Assert.Equal(new CollectResult(0, 0, 0), early);
        Assert.Equal(new CollectResult(1, 1000, 1000), late);
        Assert.Equal(new CollectResult(0, 0, 0), again);
        Assert.NotNull((await node.StatAsync(cid, Token))!.Tombstone!.Released);
        Assert.Equal(0, (await store.MeasureAsync(Token)).HeldBytes);
        Assert.False((await node.StoreAsync(content, Token)).Deduplicated);
        Assert.Equal(content, await node.ReadAsync(cid, Token));
    }

    [Fact]
    public async Task Content_that_nobody_named_in_time_is_released()
    {
        var (node, _) = await OpenAsync();
        var loose = (await node.StoreAsync([1], Token, StoreRequest.Default with { Reference = null })).Cid;
        var named = (await node.StoreAsync([2], Token, StoreRequest.Default with { Reference = null })).Cid;
        await node.SetNameAsync(Name("n", named), Token);

        _time.Advance(TimeSpan.FromHours(25));
        await node.CollectAsync(Token);

        Assert.Null(await node.ReadAsync(loose, Token));
        Assert.Equal([2], await node.ReadAsync(named, Token));
    }

    [Fact]
    public async Task A_read_in_flight_holds_its_content()
    {
        var (node, _) = await OpenAsync();
        var content = Samples.Bytes(2_000_000, 2);
        var cid = (await node.StoreAsync(content, Token)).Cid;
        var reader = (await node.OpenAsync(cid, RetrieveRequest.Default, Token))!;
        await node.DeleteAsync(cid, DeleteRequest.Default, Token);
        _time.Advance(TimeSpan.FromHours(25));

        Assert.Equal(0, (await node.CollectAsync(Token)).ObjectsReleased);
        var received = new MemoryStream();
        var writer = System.IO.Pipelines.PipeWriter.Create(received);
        await reader.CopyToAsync(writer, 0, long.MaxValue, Token);
        await reader.DisposeAsync();

        Assert.Equal(content, received.ToArray());
        Assert.Equal(1, (await node.CollectAsync(Token)).ObjectsReleased);
    }

    [Theory]
    [InlineData(500, 7)]
    [InlineData(3_000_000, 1_500_000)]
    public async Task A_rotten_copy_is_never_given_out_and_is_quarantined(int size, int at)
    {
        var (node, store) = await OpenAsync();
        var content = Samples.Bytes(size, 3);
        var stored = await node.StoreAsync(content, Token);
        store.Rot(stored.Receipt.Lsn.Value, at);

        var received = new MemoryStream();
        var reader = (await node.OpenAsync(stored.Cid, RetrieveRequest.Default, Token))!;
        await Assert.ThrowsAsync<IntegrityException>(async () => await reader.CopyToAsync(
            System.IO.Pipelines.PipeWriter.Create(received), 0, long.MaxValue, Token));

        Assert.Equal(content.AsSpan(0, (int)received.Length).ToArray(), received.ToArray());
        Assert.True(received.Length <= at);
        Assert.Equal(CopyState.Quarantined, (await node.StatAsync(stored.Cid, Token))!.Copies[0].State);
        Assert.False((await node.StoreAsync(content, Token)).Deduplicated);
        Assert.Equal(content, await node.ReadAsync(stored.Cid, Token));
    }

    [Fact]
    public async Task A_rotten_tree_is_found_and_gives_out_nothing_wrong()
    {
        var (node, store) = await OpenAsync();
        var content = Samples.Bytes(3_000_000, 4);
        var stored = await node.StoreAsync(content, Token);
        store.Rot(stored.Receipt.Lsn.Value, 64, inTree: true);

        var verified = (await node.VerifyAsync(stored.Cid, Token))!;

        Assert.False(verified.IsWhole);
        Assert.Contains("tree", verified.Copies[0].Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_copy_goes_on_where_the_first_one_fails()
    {
        var ids = new IdSource(_time);
        var first = new MemoryStore(_time, ids);
        var second = new MemoryStore(_time, ids, "warm");
        var ports = new StorageNodePorts(first, first, [first, second], first);
        var node = await StorageNode.OpenAsync(ports, _time, ids, new StorageNodeOptions(), null, Token);
        var content = Samples.Bytes(5_000_000, 5);
        var stored = await node.StoreAsync(content, Token);
        var (bytes, tree) = first.Take(stored.Receipt.Lsn.Value);
        second.Plant(77, [.. bytes], [.. tree]);
        var copy = new Copy(second.Id, 77, CopyState.Verified, CopyHeader.Plain, _time.GetUtcNow());
        var replicated = new StorageEvent.Replicated(ContentKey.Shared(stored.Cid), [copy]);
        await first.AppendAsync([new(EventSamples.Context(true), replicated, null, null)], Token);
        first.Rot(stored.Receipt.Lsn.Value, 2_500_000);

        Assert.Equal(content, await node.ReadAsync(stored.Cid, Token));
        var record = (await node.StatAsync(stored.Cid, Token))!;
        Assert.Equal([CopyState.Quarantined, CopyState.Verified], record.Copies.Select(held => held.State));
    }

    [Fact]
    public async Task What_verifying_several_copies_showed_is_one_append()
    {
        var ids = new IdSource(_time);
        var first = new MemoryStore(_time, ids, "one");
        var second = new MemoryStore(_time, ids, "two");
        var ports = StorageNodePorts.Of(first) with { Locations = [first, second] };
        var node = await StorageNode.OpenAsync(ports, _time, ids, new StorageNodeOptions(), null, Token);
        var content = Samples.Bytes(500, 5);
        var stored = await node.StoreAsync(content, Token);
        second.Plant(77, content, []);
        var copy = new Copy(second.Id, 77, CopyState.Verified, CopyHeader.Plain, _time.GetUtcNow());
        var replicated = new StorageEvent.Replicated(ContentKey.Shared(stored.Cid), [copy]);
        await first.AppendAsync([new(EventSamples.Context(true), replicated, null, null)], Token);
        first.Rot(stored.Receipt.Lsn.Value, 3);
        _time.Advance(TimeSpan.FromHours(1));
        var appends = new List<IEnumerable<Type>>();
        first.BeforeAppend = changes => appends.Add(changes.Select(change => change.Event.GetType()));

        var verified = (await node.VerifyAsync(stored.Cid, Token))!;

        Assert.Equal([false, true], verified.Copies.Select(verdict => verdict.IsRight));
        Assert.Equal(
            [typeof(StorageEvent.CorruptionDetected), typeof(StorageEvent.Verified)], Assert.Single(appends));
        var record = (await node.StatAsync(stored.Cid, Token))!;
        Assert.Equal([CopyState.Quarantined, CopyState.Verified], record.Copies.Select(held => held.State));
        Assert.Equal(_time.GetUtcNow(), record.Copies[1].VerifiedAt);
    }

    [Fact]
    public async Task An_id_older_than_the_window_is_refused()
    {
        var (node, _) = await OpenAsync();
        var id = new IdSource(_time).Next();
        _time.Advance(TimeSpan.FromHours(24.1));

        var refused = await Assert.ThrowsAsync<RefusedException>(async () => await node.StoreAsync(
            [1], Token, StoreRequest.Default with { Identity = Samples.Identity(id) }));

        Assert.Equal("message-id-expired", refused.Refusal.Code);
    }

    [Fact]
    public async Task An_id_that_too_many_commands_followed_is_refused_and_not_done_twice()
    {
        var ids = new IdSource(_time);
        var store = new MemoryStore(_time, ids) { CommandsMax = 3 };
        var node = await StorageNode.OpenAsync(
            StorageNodePorts.Of(store), _time, ids, new StorageNodeOptions(), null, Token);
        var requests = new List<StoreRequest>();
        for (byte index = 0; index < 5; index++)
        {
            requests.Add(StoreRequest.Default with { Identity = Samples.Identity(ids.Next()) });
            await node.StoreAsync([index], Token, requests[index]);
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        var refused = await Assert.ThrowsAsync<RefusedException>(
            async () => await node.StoreAsync([1], Token, requests[1]));

        Assert.Equal("message-id-expired", refused.Refusal.Code);
        Assert.True((await node.StoreAsync([2], Token, requests[2])).Replayed);
        Assert.Throws<ArgumentOutOfRangeException>(
            () => new StorageNodeOptions { CommandWindow = TimeSpan.FromDays(7.1) });
    }

    [Fact]
    public async Task A_token_from_the_future_is_refused_after_a_while()
    {
        var (node, _) = await OpenAsync();
        var cid = (await node.StoreAsync([1], Token)).Cid;

        var opening = node.OpenAsync(cid, new RetrieveRequest(new Lsn(99), CommandIdentity.None), Token).AsTask();
        Assert.False(opening.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(6));

        var refused = await Assert.ThrowsAsync<RefusedException>(() => opening);
        Assert.Equal("token-not-observed", refused.Refusal.Code);
    }

    [Fact]
    public async Task A_store_that_the_location_refuses_leaves_nothing()
    {
        var (node, store) = await OpenAsync();
        store.BeforeAppend = _ => throw new LocationException(LocationFault.Full, "No space left.");

        var full = await Assert.ThrowsAsync<LocationException>(async () => await node.StoreAsync([1], Token));
        store.BeforeAppend = null;

        Assert.Equal(LocationFault.Full, full.Fault);
        Assert.Null(await node.StatAsync(Samples.CidOf([1]), Token));
        Assert.False((await node.StoreAsync([1], Token)).Deduplicated);
    }

    [Fact]
    public async Task The_catalog_is_what_the_journal_says()
    {
        await Gen.Select(Gen.Int[0, 4], Gen.Int[0, 3]).Array[1, 40].SampleAsync(async steps =>
        {
            var (node, store) = await OpenAsync();
            foreach (var (action, content) in steps)
            {
                await StepAsync(node, action, [(byte)content]);
            }

            await ReplayedAsync(node, store);
        }, iter: 60);
    }

    [Fact]
    [Trait("row", "B12")]
    public async Task A_scan_does_not_drive_out_what_is_read_often()
    {
        var (node, store) = await OpenAsync(1 << 20);
        var often = (await node.StoreAsync(Samples.Bytes(4096, -1), Token)).Cid;
        for (var round = 0; round < 4; round++)
        {
            await node.ReadAsync(often, Token);
        }

        for (var index = 0; index < 2000; index++)
        {
            var once = await node.StoreAsync(Samples.Bytes(4096, index), Token);
            await node.ReadAsync(once.Cid, Token);
        }

        var copy = (await node.StatAsync(often, Token))!.Copies[0];
        store.Rot(copy.Incarnation, 5);
        Assert.Equal(Samples.Bytes(4096, -1), await node.ReadAsync(often, Token));
    }

    [Theory]
    [InlineData(0, 4096)]
    [InlineData(100, 50)]
    public async Task What_rotted_in_memory_is_read_anew(int offset, int length)
    {
        var (node, _) = await OpenAsync();
        await using var disposed = node;
        var content = Samples.Bytes(4096, 1);
        var cid = (await node.StoreAsync(content, Token)).Cid;
        await node.ReadAsync(cid, Token);
        await node.ReadAsync(cid, Token);
        var cached = Assert.IsType<StorageNode.CachedReader>(
            await node.OpenAsync(cid, RetrieveRequest.Default, Token));
        MemoryMarshal.AsMemory(cached.Content).Span[7] ^= 1;

        var received = new MemoryStream();
        var writer = PipeWriter.Create(received);
        await cached.CopyToAsync(writer, offset, length, Token);
        await writer.CompleteAsync();

        Assert.Equal(content[offset..(offset + length)], received.ToArray());
        Assert.Equal(content, await node.ReadAsync(cid, Token));
        Assert.Equal(CopyState.Verified, (await node.StatAsync(cid, Token))!.Copies[0].State);
    }

    [Theory]
    [InlineData(0, 4096)]
    [InlineData(100, 50)]
    public async Task A_block_that_rotted_in_memory_is_read_anew(int offset, int length)
    {
        var (node, _) = await OpenAsync();
        await using var disposed = node;
        var content = Samples.Bytes(4096, 1);
        var cid = (await node.StoreAsync(content, Token)).Cid;
        var block = new byte[length];
        await node.ReadAsync(cid, RetrieveRequest.Default, offset, block, Token);
        var cached = Assert.IsType<StorageNode.CachedReader>(
            await node.OpenAsync(cid, RetrieveRequest.Default, Token));
        MemoryMarshal.AsMemory(cached.Content).Span[7] ^= 1;

        Assert.Equal(length, await node.ReadAsync(cid, RetrieveRequest.Default, offset, block, Token));

        Assert.Equal(content[offset..(offset + length)], block);
        Assert.Equal(CopyState.Verified, (await node.StatAsync(cid, Token))!.Copies[0].State);
    }

    [Fact]
    public async Task A_block_that_rotted_at_its_only_location_is_told()
    {
        var (node, store) = await OpenAsync();
        await using var disposed = node;
        var cid = (await node.StoreAsync(Samples.Bytes(4096, 1), Token)).Cid;
        store.Rot((await node.StatAsync(cid, Token))!.Copies[0].Incarnation, 5);

        await Assert.ThrowsAsync<IntegrityException>(
            async () => await node.ReadAsync(cid, RetrieveRequest.Default, 0, new byte[4096], Token));

        Assert.Equal(CopyState.Quarantined, (await node.StatAsync(cid, Token))!.Copies[0].State);
    }

    private static async Task StepAsync(StorageNode node, int action, byte[] content)
    {
        var cid = Samples.CidOf(content);
        switch (action)
        {
            case 0:
                await node.StoreAsync(content, Token);
                break;
            case 1:
                await node.DeleteAsync(cid, DeleteRequest.Default with { Grace = TimeSpan.Zero }, Token);
                break;
            case 2:
                await node.CollectAsync(Token);
                break;
            case 3 when (await node.StatAsync(cid, Token)) is { IsPresent: true }:
                await node.SetNameAsync(Name("n", cid), Token);
                break;
            case 4:
                await node.DeleteNameAsync(Name("n", null), Token);
                break;
        }
    }

    private static async Task ReplayedAsync(StorageNode node, MemoryStore store)
    {
        var replayed = new Dictionary<Cid, ObjectRecord?>();
        await foreach (var entry in store.ReadAsync(Lsn.None, Token))
        {
            if (ObjectHistory.KeyOf(entry.Event) is { } key)
            {
                replayed[key.Cid] = ObjectHistory.Apply(
                    replayed.GetValueOrDefault(key.Cid), entry.Event, entry.Lsn, entry.At);
            }
        }

        foreach (var (cid, record) in replayed)
        {
            var live = await node.StatAsync(cid, Token);
            Same.Record(record, live);
            Assert.Equal(live is { IsPresent: true }, await node.ReadAsync(cid, Token) is not null);
        }
    }

    private static NameSetRequest Name(string name, Cid? cid) =>
        new(OwnerId.Local, NamespaceId.Default, name, cid, null, false, CommandIdentity.None);

    private ValueTask<(StorageNode Node, MemoryStore Store)> OpenAsync(long cacheSizeBytes = 32 << 20)
    {
        var options = new StorageNodeOptions();
        options.Cache.SizeMaxBytes = cacheSizeBytes;
        return MemoryNode.OpenAsync(_time, options, Token);
    }
}
