using CimStore.Content;
using CimStore.Engine;
using CimStore.Nats.Journal;
using CimStore.Objects;
using CimStore.Testing.Contracts;
using CimStore.Testing.Faults;
using CimStore.Testing.Memory;
using Xunit;

namespace CimStore.Adapters.Tests.Nats;

/// <summary>Two nodes on one journal and one location: whatever they do at once, they agree.</summary>
public sealed class TwoNodesTests(NatsFixture nats) : IClassFixture<NatsFixture>, IAsyncLifetime
{
    private static readonly OwnedSpace Space = new(OwnerId.Local, NamespaceId.Default);

    private readonly JournalOptions _options = ClusterStore.NewJournal();
    private readonly MemoryLocation _home = ClusterStore.NewHome();
    private readonly List<JetStreamJournal> _journals = [];
    private HookedJournal? _hook;
    private StorageNode? _a;
    private StorageNode? _b;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private StorageNode A => _a!;

    private StorageNode B => _b!;

    public async ValueTask InitializeAsync()
    {
        _a = await OpenAsync();
        _b = await OpenAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await A.DisposeAsync();
        await B.DisposeAsync();
    }

    [Fact]
    [Trait("row", "D8")]
    public async Task What_one_acknowledged_the_other_serves_to_whoever_has_the_receipt()
    {
        for (var index = 0; index < 50; index++)
        {
            var content = Samples.Bytes(1000 + index, index);
            var stored = await A.StoreAsync(content, Token);

            await using var reader = await B.OpenAsync(
                stored.Cid, RetrieveRequest.Default with { AtLeast = stored.Receipt.Lsn }, Token);

            Assert.NotNull(reader);
            Assert.Equal(content, await B.ReadAsync(stored.Cid, Token));
        }
    }

    [Fact]
    [Trait("row", "B10")]
    public async Task The_same_content_stored_on_both_at_once_is_one_copy()
    {
        for (var round = 0; round < 20; round++)
        {
            var content = Samples.Bytes(5000, 100 + round);

            var stored = await Task.WhenAll(
                Task.Run(() => A.StoreAsync(content, Token).AsTask()),
                Task.Run(() => B.StoreAsync(content, Token).AsTask()));

            await CatchUpAsync();
            Assert.Equal(stored[0].Cid, stored[1].Cid);
            var record = (await A.StatAsync(stored[0].Cid, Token))!;
            Assert.Single(record.Copies);
            var held = await _home.ListCopiesAsync(null, Token).ToListAsync(Token);
            Assert.Equal(
                record.Copies[0].Incarnation,
                Assert.Single(held, copy => copy.Manifest.Key == record.Key).Manifest.Incarnation);
        }
    }

    [Fact]
    [Trait("row", "G1")]
    public async Task A_command_delivered_to_both_at_once_takes_effect_once()
    {
        for (var round = 0; round < 20; round++)
        {
            var content = Samples.Bytes(300, 200 + round);
            var request = StoreRequest.Default with
            {
                Identity = CommandIdentity.None with { MessageId = new IdSource(TimeProvider.System).Next() },
            };

            var stored = await Task.WhenAll(
                Task.Run(() => A.StoreAsync(content, Token, request).AsTask()),
                Task.Run(() => B.StoreAsync(content, Token, request).AsTask()));

            Assert.Equal(stored[0].Receipt.Lsn, stored[1].Receipt.Lsn);
            Assert.Single(stored, result => result.Replayed);
            await CatchUpAsync();
            var told = await A.EventsAsync(Lsn.None, false, Token)
                .Where(entry => entry.Context.MessageId == request.Identity.MessageId).ToListAsync(Token);
            Assert.Single(told);
        }
    }

    [Fact]
    [Trait("row", "C2")]
    public async Task Of_two_that_move_a_name_from_one_value_exactly_one_does()
    {
        var first = (await A.StoreAsync(Samples.Bytes(10, 1), Token)).Cid;
        await A.SetNameAsync(Name("race", first), Token);
        await CatchUpAsync();
        var current = first;
        for (var round = 0; round < 20; round++)
        {
            var (left, right) = (
                (await A.StoreAsync(Samples.Bytes(20, 300 + round), Token)).Cid,
                (await B.StoreAsync(Samples.Bytes(20, 600 + round), Token)).Cid);
            await CatchUpAsync();

            var won = await Task.WhenAll(
                TryMoveAsync(A, "race", left, current), TryMoveAsync(B, "race", right, current));

            Assert.Single(won, static one => one);
            await CatchUpAsync();
            current = won[0] ? left : right;
            var loser = won[0] ? right : left;
            Assert.Equal(current, (await B.FindNameAsync(Space, "race", Token))!.Cid);
            Assert.Contains((await A.StatAsync(current, Token))!.References, static one => one.Name == "race");
            Assert.DoesNotContain((await A.StatAsync(loser, Token))!.References, static one => one.Name == "race");
        }

        var history = await A.NameHistoryAsync(Space, "race", Token).ToListAsync(Token);
        Assert.Equal(21, history.Count);
    }

    [Fact]
    [Trait("row", "D9")]
    public async Task A_release_on_one_never_wins_against_a_new_reference_on_the_other()
    {
        for (var round = 0; round < 60; round++)
        {
            var content = Samples.Bytes(400, 1000 + round);
            var cid = (await A.StoreAsync(content, Token)).Cid;
            await A.DeleteAsync(cid, DeleteRequest.Default with { Grace = TimeSpan.Zero }, Token);
            await CatchUpAsync();

            await Task.WhenAll(
                Task.Run(() => A.CollectAsync(Token).AsTask()),
                Task.Run(() => B.StoreAsync(content, Token).AsTask()));

            await CatchUpAsync();
            foreach (var node in new[] { A, B })
            {
                var record = (await node.StatAsync(cid, Token))!;
                Assert.True(record.IsPresent);
                Assert.Equal(content, await node.ReadAsync(cid, Token));
            }
        }
    }

    [Fact]
    [Trait("row", "D9")]
    public async Task A_release_that_was_decided_before_the_content_came_back_is_not_made()
    {
        var content = Samples.Bytes(400, 5000);
        var cid = (await A.StoreAsync(content, Token)).Cid;
        await A.DeleteAsync(cid, DeleteRequest.Default with { Grace = TimeSpan.Zero }, Token);
        await CatchUpAsync();
        var met = 0;
        _hook!.BeforeAppend = async changes =>
        {
            if (changes[0].Event is StorageEvent.Released && Interlocked.Exchange(ref met, 1) == 0)
            {
                await B.StoreAsync(content, Token);
            }
        };

        var collected = await A.CollectAsync(Token);

        _hook.BeforeAppend = null;
        await CatchUpAsync();
        Assert.Equal(1, met);
        Assert.Equal(0, collected.ObjectsReleased);
        Assert.Equal(content, await A.ReadAsync(cid, Token));
        Assert.Equal(content, await B.ReadAsync(cid, Token));
    }

    [Fact]
    [Trait("row", "C2")]
    public async Task A_name_that_another_node_moved_just_before_is_not_moved_from_its_old_value()
    {
        var cids = new List<Cid>();
        for (var index = 0; index < 3; index++)
        {
            cids.Add((await A.StoreAsync(Samples.Bytes(30, 700 + index), Token)).Cid);
        }

        await A.SetNameAsync(Name("n", cids[0]), Token);
        await CatchUpAsync();
        var met = 0;
        _hook!.BeforeAppend = async changes =>
        {
            if (changes[0].Event is StorageEvent.NameSet && Interlocked.Exchange(ref met, 1) == 0)
            {
                await B.SetNameAsync(Name("n", cids[1]), Token);
            }
        };

        var moved = await TryMoveAsync(A, "n", cids[2], cids[0]);

        _hook.BeforeAppend = null;
        await CatchUpAsync();
        Assert.False(moved);
        Assert.Equal(1, met);
        Assert.Equal(cids[1], (await A.FindNameAsync(Space, "n", Token))!.Cid);
        Assert.Empty((await A.StatAsync(cids[2], Token))!.References.Where(static one => one.Name == "n"));
        Assert.Single((await A.StatAsync(cids[1], Token))!.References, static one => one.Name == "n");
        Assert.Empty((await A.StatAsync(cids[0], Token))!.References.Where(static one => one.Name == "n"));
    }

    [Fact]
    [Trait("row", "D11")]
    public async Task Both_make_the_same_catalog_and_the_same_chain()
    {
        await Task.WhenAll(Enumerable.Range(0, 40).Select(index => Task.Run(async () =>
        {
            var node = index % 2 == 0 ? A : B;
            var cid = (await node.StoreAsync(Samples.Bytes(100 + (index % 7), index % 7), Token)).Cid;
            await node.SetNameAsync(Name($"n{index % 5}", cid), Token);
        })));
        await CatchUpAsync();

        var (left, right) = (
            await A.EventsAsync(Lsn.None, false, Token).ToListAsync(Token),
            await B.EventsAsync(Lsn.None, false, Token).ToListAsync(Token));

        Assert.Equal(left.Select(static entry => entry.EventCid), right.Select(static entry => entry.EventCid));
        Cid? previous = null;
        foreach (var entry in left)
        {
            Assert.Equal(previous, entry.PreviousCid);
            previous = entry.EventCid;
        }

        for (var index = 0; index < 5; index++)
        {
            var name = (await A.FindNameAsync(Space, $"n{index}", Token))!;
            var named = (await B.StatAsync(name.Cid!.Value, Token))!;
            Assert.Contains(named.References, one => one.Name == name.Name && one.Base == name.Previous);
            Assert.Equal(name, await B.FindNameAsync(Space, $"n{index}", Token));
        }

        var all = await A.ListAsync(null, Token).ToListAsync(Token);
        Assert.All(all, record => Assert.Equal(
            record.References.Where(static one => one.Name is not null).DistinctBy(static one => one.Name).Count(),
            record.References.Count(static one => one.Name is not null)));
    }

    [Fact]
    public async Task A_node_that_comes_later_knows_what_the_others_know()
    {
        var cids = new List<Cid>();
        for (var index = 0; index < 30; index++)
        {
            cids.Add((await (index % 2 == 0 ? A : B).StoreAsync(Samples.Bytes(50, 2000 + index), Token)).Cid);
        }

        await using var late = await ClusterStore.OpenNodeAsync(nats.Link, _options, _home, Token);

        foreach (var cid in cids)
        {
            Assert.Equal(await A.ReadAsync(cid, Token), await late.ReadAsync(cid, Token));
        }
    }

    private async Task<StorageNode> OpenAsync()
    {
        var ports = await ClusterStore.OpenAsync(nats.Link, _options, _home, Token);
        _journals.Add((JetStreamJournal)ports.Journal);
        if (_hook is null)
        {
            // The first node's appends can be held up.
            _hook = new HookedJournal(ports.Journal);
            ports = ports with { Journal = _hook };
        }

        return await StorageNode.OpenAsync(
            ports, TimeProvider.System, new IdSource(TimeProvider.System), new StorageNodeOptions(), null, Token);
    }

    private static NameSetRequest Name(string name, Cid cid) =>
        new(OwnerId.Local, NamespaceId.Default, name, cid, null, false, CommandIdentity.None);

    private static async Task<bool> TryMoveAsync(StorageNode node, string name, Cid to, Cid from)
    {
        try
        {
            await node.SetNameAsync(Name(name, to) with { Expected = from }, Token);
            return true;
        }
        catch (RefusedException refused)
        {
            Assert.Equal("name-changed", refused.Refusal.Code);
            return false;
        }
    }

    private async Task CatchUpAsync()
    {
        foreach (var journal in _journals)
        {
            await journal.CatchUpAsync(Token);
        }
    }
}
