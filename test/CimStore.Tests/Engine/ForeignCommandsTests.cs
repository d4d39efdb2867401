using System.Text;
using CimStore.Content;
using CimStore.Engine;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Testing.Contracts;
using CimStore.Testing.Memory;
using CimStore.Translation;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace CimStore.Tests.Engine;

/// <summary>What an event of another context does to a node.</summary>
[Trait("row", "G4")]
public sealed class ForeignCommandsTests
{
    private static readonly Reference Pin = new(new OwnerId("billing"), new NamespaceId("invoices"), null);
    private static readonly ConsistencyTerms Terms =
        ConsistencyTerms.Default with { Class = DurabilityClass.Ephemeral };

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 23, 0, 0, 0, TimeSpan.Zero));
    private readonly IdSource _ids;

    public ForeignCommandsTests() => _ids = new IdSource(_time);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_store_and_a_name_take_effect_under_the_ids_of_the_event()
    {
        var node = await OpenAsync();
        var ids = new ForeignIdentity(_ids.Next(), _ids.Next(), _ids.Next(), "clerk");

        var outcome = await RunAsync(node, ids, Store("pdf"), new TranslatedCommand.SetName(
            Pin with { Name = "2026-0042" }, null, null, true));

        Assert.Null(outcome.Refusal);
        Assert.Equal((ids.MessageId, ids.CorrelationId), (outcome.CommandId, outcome.CorrelationId));
        Assert.Equal(["store", "setName"], outcome.Done.Select(result => result.Word));
        Assert.NotNull(outcome.Done[0].Receipt);
        var named = await node.FindNameAsync(new OwnedSpace(Pin.Owner, Pin.Namespace), "2026-0042", Token);
        Assert.Equal(outcome.Done[0].Cid, named!.Cid);
        var entries = await node.EventsAsync(Lsn.None, false, Token).ToListAsync(Token);
        var contexts = entries.Select(entry => entry.Context).ToList();
        Assert.Equal(
            [ids.MessageId!.Value, ForeignIdentity.OfCommand(ids.MessageId.Value, 1)],
            contexts.Select(context => context.MessageId));
        Assert.All(contexts, context => Assert.Equal(
            (ids.CorrelationId, ids.CausationId, "clerk"),
            (context.CorrelationId, context.CausationId, context.Actor)));
    }

    [Fact]
    public async Task An_event_that_is_delivered_twice_takes_effect_once()
    {
        var node = await OpenAsync();
        var ids = new ForeignIdentity(_ids.Next(), null, null, null);
        TranslatedCommand[] commands =
            [Store("pdf"), new TranslatedCommand.SetName(Pin with { Name = "n" }, null, null, MustBeNew: true)];

        var first = await RunAsync(node, ids, commands);
        var status = await node.StatusAsync(Token);
        var second = await RunAsync(node, ids, commands);

        Assert.Null(second.Refusal);
        Assert.True(second.Done[0].Replayed);
        Assert.Equal(first.Done.Select(result => result.Cid), second.Done.Select(result => result.Cid));
        Assert.Equal(status.DurableLsn, (await node.StatusAsync(Token)).DurableLsn);
        var entries = await node.EventsAsync(Lsn.None, false, Token).ToListAsync(Token);
        Assert.All(entries, entry => Assert.Equal(ids.MessageId, entry.Context.CausationId));
    }

    /// <summary>Delivered again after a crash between two commands: the first is found, the second is done.</summary>
    [Fact]
    public async Task A_second_delivery_goes_on_behind_what_was_done()
    {
        var node = await OpenAsync();
        var ids = new ForeignIdentity(_ids.Next(), null, null, null);
        await RunAsync(node, ids, Store("pdf"));

        var again = await RunAsync(
            node, ids, Store("pdf"), new TranslatedCommand.SetName(Pin with { Name = "n" }, null, null, false));

        Assert.Null(again.Refusal);
        Assert.Equal([true, false], again.Done.Select(result => result.Replayed));
    }

    [Fact]
    public async Task What_is_refused_ends_the_event_and_what_was_done_stands()
    {
        var node = await OpenAsync();
        var absent = Samples.CidOf([9]);

        var outcome = await RunAsync(
            node, ForeignIdentity.None, Store("a"), new TranslatedCommand.SetName(
                Pin with { Name = "n" }, absent, null, false), Store("b"));

        Assert.Equal("content-not-found", outcome.Refusal!.Code);
        Assert.Equal("store", Assert.Single(outcome.Done).Word);
        Assert.Single(await node.ListAsync(null, Token).ToListAsync(Token));
    }

    [Fact]
    public async Task Content_that_is_here_is_stored_by_reference_and_proved()
    {
        var node = await OpenAsync();
        var large = new byte[3_000_000];
        new Random(1).NextBytes(large);
        var there = await node.StoreAsync(large, Token, StoreRequest.Default with { Reference = null });

        var outcome = await RunAsync(
            node, ForeignIdentity.None, Store(null) with { ExpectedCid = there.Cid });

        Assert.Null(outcome.Refusal);
        Assert.Equal((there.Cid, large.Length), (outcome.Done[0].Cid, outcome.Done[0].SizeBytes));
        Assert.Equal([Pin], (await node.StatAsync(there.Cid, Token))!.References);
        var absent = await RunAsync(
            node, ForeignIdentity.None, Store(null) with { ExpectedCid = Samples.CidOf([9]) });
        Assert.Equal("content-not-found", absent.Refusal!.Code);
    }

    [Fact]
    public async Task Content_with_another_CID_than_expected_is_refused()
    {
        var node = await OpenAsync();

        var outcome = await RunAsync(
            node, ForeignIdentity.None, Store("a") with { ExpectedCid = Samples.CidOf([9]) });

        Assert.Equal("cid-mismatch", outcome.Refusal!.Code);
        Assert.Empty(outcome.Done);
    }

    [Fact]
    public async Task What_is_retrieved_comes_along_when_it_is_small()
    {
        var node = await OpenAsync();
        var small = await node.StoreAsync("hi"u8.ToArray(), Token);
        var large = await node.StoreAsync(new byte[ForeignCommands.InlineSizeMaxBytes + 1], Token);

        var outcome = await RunAsync(
            node, ForeignIdentity.None, new TranslatedCommand.Retrieve(small.Cid),
            new TranslatedCommand.Retrieve(large.Cid), new TranslatedCommand.Retrieve(Samples.CidOf([9])));

        Assert.Equal("hi"u8, outcome.Done[0].Content!.Value.Span);
        Assert.Null(outcome.Done[1].Content);
        Assert.Equal(ForeignCommands.InlineSizeMaxBytes + 1, outcome.Done[1].SizeBytes);
        Assert.Equal("not-found-here", outcome.Refusal!.Code);
    }

    [Fact]
    public async Task A_delete_removes_the_owners_pin()
    {
        var node = await OpenAsync();
        var stored = (await RunAsync(node, ForeignIdentity.None, Store("a"))).Done[0].Cid!.Value;

        var outcome = await RunAsync(
            node, ForeignIdentity.None, new TranslatedCommand.Delete(stored, Pin, TimeSpan.FromDays(30)));

        Assert.Null(outcome.Refusal);
        Assert.Equal(
            _time.GetUtcNow() + TimeSpan.FromDays(30),
            (await node.StatAsync(stored, Token))!.Tombstone!.GraceEndsAt);
    }

    /// <summary>With more locations: <c>ForeignTierTests</c>.</summary>
    [Fact]
    public async Task A_node_with_one_location_refuses_copies_and_other_tiers()
    {
        var node = await OpenAsync();
        TranslatedCommand[] refused =
        [
            new TranslatedCommand.Replicate(null, 3, false), new TranslatedCommand.Migrate(null, StorageTier.Cold),
            Store("a") with { Terms = Terms with { Factor = 4 } },
        ];

        foreach (var command in refused)
        {
            var outcome = await RunAsync(node, ForeignIdentity.None, Store("a"), command);

            Assert.Equal("no-location", outcome.Refusal!.Code);
            Assert.All(outcome.Done, result => Assert.Equal("store", result.Word));
        }

        var same = await RunAsync(
            node, ForeignIdentity.None, Store("a"), new TranslatedCommand.Replicate(null, 1, true),
            new TranslatedCommand.Migrate(null, StorageTier.Hot));
        Assert.Null(same.Refusal);
        Assert.Equal((1, StorageTier.Hot), (same.Done[1].Copies, same.Done[2].Tier));
    }

    private async ValueTask<IStorageClient> OpenAsync() =>
        (await MemoryNode.OpenAsync(_time, new StorageNodeOptions(), Token)).Node;

    private ValueTask<ForeignOutcome> RunAsync(
        IStorageClient node, ForeignIdentity ids, params TranslatedCommand[] commands) =>
        new ForeignCommands(node).ExecuteAsync(
            new TranslationOutcome.Commands("rule", [.. commands], ids), _ids.Next(), "sender", Token);

    private static TranslatedCommand.Store Store(string? content) => new(
        content is null ? default(ReadOnlyMemory<byte>?) : Encoding.UTF8.GetBytes(content), null, Codecs.Raw,
        HashFunctions.Blake3, Terms, AccessPattern.Unspecified, Pin);
}
