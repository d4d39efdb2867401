using System.Buffers;
using CimStore.Content;
using CimStore.Engine;
using CimStore.Journal;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Testing.Contracts;
using CimStore.Testing.Memory;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace CimStore.Tests.Engine;

/// <summary>What a rule refused is an entry too (D22), and cannot fill the journal.</summary>
public sealed class RefusalTests
{
    private static readonly Cid Absent = Samples.CidOf([9, 9, 9]);

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 23, 0, 0, 0, TimeSpan.Zero));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact, Trait("row", "F4")]
    public async Task A_refused_command_is_journaled_with_its_reason_and_its_ids()
    {
        var (node, _) = await OpenAsync();
        var ids = new IdSource(_time);
        var identity = new CommandIdentity(ids.Next(), ids.Next(), ids.Next(), "ada@example.org");

        var refused = await RefusedAsync(node.SetNameAsync(Name("n", Absent) with { Identity = identity }, Token));

        var entry = await LastAsync(node);
        var failed = Assert.IsType<StorageEvent.Failed>(entry.Event);
        Assert.Equal(ContentKey.Shared(Absent), failed.Key);
        Assert.Equal((refused.Code, refused.Message), (failed.Error, failed.Detail));
        Assert.Equal("content-not-found", failed.Error);
        Assert.Equal(
            (identity.MessageId, identity.CorrelationId, identity.CausationId, identity.Actor),
            (entry.Context.MessageId, entry.Context.CorrelationId, entry.Context.CausationId, entry.Context.Actor));
    }

    [Fact]
    public async Task Every_way_of_being_refused_leaves_an_entry()
    {
        var (node, _) = await OpenAsync();
        var named = (await node.StoreAsync([1], Token)).Cid;
        await node.SetNameAsync(Name("n", named), Token);
        var stale = StoreRequest.Default with { Identity = Samples.Identity(new IdSource(_time).Next()) };
        _time.Advance(TimeSpan.FromDays(2));
        var reference = new Reference(OwnerId.Local, NamespaceId.Default, "n");

        await RefusedAsync(node.StoreAsync([2], Token, StoreRequest.Default with { ExpectedCid = Absent }));
        await RefusedAsync(node.StoreAsync([2], Token, stale));
        await RefusedAsync(node.StoreAsync([2], Token, StoreRequest.Default with { Reference = reference }));
        await RefusedAsync(node.StoreManyAsync([Item([2])], stale, Token));
        await RefusedAsync(node.DeleteAsync(named, DeleteRequest.Default with { Reference = reference }, Token));
        await RefusedAsync(node.SetNameAsync(Name("n\0", named), Token));
        await RefusedAsync(node.DeleteNameAsync(Name("n", null) with { Expected = Absent }, Token));

        Assert.Equal(
            [
                "cid-mismatch", "message-id-expired", "reference-named", "message-id-expired", "reference-named",
                "name-invalid", "name-changed",
            ],
            await FailuresAsync(node));
    }

    [Fact]
    public async Task Each_refused_item_of_a_batch_has_its_entry_and_one_append_holds_them()
    {
        var (node, store) = await OpenAsync();
        var appends = new List<int>();
        store.BeforeAppend = changes => appends.Add(changes.Count);

        await node.StoreManyAsync(
            [Item([1]) with { ExpectedCid = Absent }, Item([2]), Item([3]) with { ExpectedCid = Absent }],
            StoreRequest.Default, Token);

        Assert.Equal(["cid-mismatch", "cid-mismatch"], await FailuresAsync(node));
        Assert.Equal([2, 1], appends);
    }

    [Fact]
    public async Task A_refused_command_delivered_again_gets_the_same_answer_and_no_second_entry()
    {
        var (node, _) = await OpenAsync();
        var identity = Samples.Identity(new IdSource(_time).Next());
        var content = new byte[] { 1, 2, 3 };
        var request = Name("n", Samples.CidOf(content)) with { Identity = identity };
        var first = await RefusedAsync(node.SetNameAsync(request, Token));
        await node.StoreAsync(content, Token);

        var second = await RefusedAsync(node.SetNameAsync(request, Token));

        Assert.Equal(first, second);
        Assert.Single(await FailuresAsync(node));
        Assert.Null(await node.FindNameAsync(NamespaceId.Default, "n", Token));
        await node.SetNameAsync(request with { Identity = CommandIdentity.None }, Token);
    }

    [Fact]
    public async Task Content_that_arrived_changed_may_be_sent_again_under_its_id()
    {
        var (node, _) = await OpenAsync();
        var request = StoreRequest.Default with
        {
            Identity = Samples.Identity(new IdSource(_time).Next()),
            ExpectedCid = Samples.CidOf([1, 2]),
        };

        await RefusedAsync(node.StoreAsync([1, 3], Token, request));

        Assert.False((await node.StoreAsync([1, 2], Token, request)).Replayed);
    }

    [Fact]
    public async Task A_refused_reuse_of_an_id_does_not_take_the_id_over()
    {
        var (node, _) = await OpenAsync();
        var request = StoreRequest.Default with { Identity = Samples.Identity(new IdSource(_time).Next()) };
        var first = await node.StoreAsync([1, 2], Token, request);

        Assert.Equal("message-id-reused", (await RefusedAsync(node.StoreAsync([3, 4], Token, request))).Code);

        var again = await node.StoreAsync([1, 2], Token, request);
        Assert.True(again.Replayed);
        Assert.Equal(first.Receipt.Lsn, again.Receipt.Lsn);
    }

    [Fact]
    public async Task A_client_refused_without_end_costs_a_bounded_number_of_entries()
    {
        var (node, store) = await OpenAsync(new StorageNodeOptions { RefusalsPerHourMax = 10 });
        await RefuseAsync(node, 100);
        var atOnce = await FailuresAsync(node);
        _time.Advance(TimeSpan.FromMinutes(30));
        await RefuseAsync(node, 100);
        var later = await node.EventsAsync(new Lsn(10), false, Token).ToListAsync(Token);
        await node.DisposeAsync();

        Assert.Equal(10, atOnce.Count);
        Assert.Equal(5, later.Count);
        var summary = Assert.IsType<StorageEvent.Failed>(later[0].Event);
        Assert.Equal("refusals-not-journaled", summary.Error);
        Assert.StartsWith("90 refused commands", summary.Detail, StringComparison.Ordinal);
        var last = Assert.IsType<StorageEvent.Failed>((await store.FindAsync(new Lsn(16), Token))!.Event);
        Assert.StartsWith("96 refused commands", last.Detail, StringComparison.Ordinal);
        Assert.Equal(new Lsn(16), store.DurableLsn);
    }

    [Fact]
    public async Task A_journal_that_fails_does_not_hide_the_refusal()
    {
        var (node, store) = await OpenAsync();
        store.BeforeAppend = _ => throw new LocationException(LocationFault.Offline, "the disk is away");
        var hidden = await RefusedAsync(node.SetNameAsync(Name("n", Absent), Token));
        store.BeforeAppend = null;

        await RefusedAsync(node.SetNameAsync(Name("n", Absent), Token));

        Assert.Equal("content-not-found", hidden.Code);
        Assert.Equal(["refusals-not-journaled", "content-not-found"], await FailuresAsync(node));
    }

    private static async Task RefuseAsync(StorageNode node, int count)
    {
        for (var index = 0; index < count; index++)
        {
            await RefusedAsync(node.SetNameAsync(Name("n", Absent), Token));
        }
    }

    private static async Task<Refusal> RefusedAsync<T>(ValueTask<T> command) =>
        (await Assert.ThrowsAsync<RefusedException>(async () => await command)).Refusal;

    private static async Task<JournalEntry> LastAsync(StorageNode node) =>
        await node.EventsAsync(Lsn.None, false, Token).LastAsync(Token);

    private static async Task<List<string>> FailuresAsync(StorageNode node) => await node
        .EventsAsync(Lsn.None, false, Token).Select(entry => entry.Event).OfType<StorageEvent.Failed>()
        .Select(failed => failed.Error).ToListAsync(Token);

    private static StoreItem Item(byte[] content) => new(new ReadOnlySequence<byte>(content));

    private static NameSetRequest Name(string name, Cid? cid) =>
        new(OwnerId.Local, NamespaceId.Default, name, cid, null, false, CommandIdentity.None);

    private ValueTask<(StorageNode Node, MemoryStore Store)> OpenAsync(StorageNodeOptions? options = null) =>
        MemoryNode.OpenAsync(_time, options ?? new StorageNodeOptions(), Token);
}
