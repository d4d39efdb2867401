using CimStore.Content;
using CimStore.Engine;
using CimStore.Objects;
using Xunit;

namespace CimStore.Testing.Contracts;

// Deleting, names, events.
public abstract partial class StorageClientContract
{
    private static readonly NamespaceId Letters = new("letters");

    [Fact]
    public async Task Deleted_content_is_gone_and_comes_back_when_stored_again()
    {
        var content = Samples.Bytes(3000, 20);
        var cid = (await Client.StoreAsync(content, Token)).Cid;
        Assert.Equal(content, await Client.ReadAsync(cid, Token));

        var deleted = await Client.DeleteAsync(cid, DeleteRequest.Default, Token);
        var again = await Client.DeleteAsync(cid, DeleteRequest.Default, Token);

        Assert.True(deleted.Found);
        Assert.Empty(deleted.StillReferenced);
        Assert.NotNull(deleted.GraceEndsAt);
        Assert.False(again.Found);
        Assert.Null(await Client.ReadAsync(cid, Token));
        Assert.Empty(await Client.ListAsync(null, Token).ListAsync(Token));
        Assert.False((await Client.StatAsync(cid, Token))!.IsPresent);

        var stored = await Client.StoreAsync(content, Token);
        Assert.False(stored.Deduplicated);
        Assert.Equal(content, await Client.ReadAsync(cid, Token));
    }

    [Fact]
    public async Task Content_stays_while_something_refers_to_it()
    {
        var content = Samples.Bytes(30, 21);
        var pin = new Reference(new OwnerId("ada"), NamespaceId.Default, null);
        await Client.StoreAsync(content, Token);
        var cid = (await Client.StoreAsync(content, Token, StoreRequest.Default with { Reference = pin })).Cid;

        var first = await Client.DeleteAsync(cid, DeleteRequest.Default, Token);
        Assert.Equal([pin], first.StillReferenced);
        Assert.Null(first.GraceEndsAt);
        Assert.Equal(content, await Client.ReadAsync(cid, Token));

        var last = await Client.DeleteAsync(cid, DeleteRequest.Default with { Reference = pin }, Token);
        Assert.NotNull(last.GraceEndsAt);
        Assert.Null(await Client.ReadAsync(cid, Token));
    }

    [Fact]
    public async Task A_delete_that_found_nothing_finds_nothing_when_it_is_delivered_again()
    {
        var content = Samples.Bytes(30, 22);
        var request = DeleteRequest.Default with { Identity = Samples.Identity(NewId()) };
        var first = await Client.DeleteAsync(Samples.CidOf(content), request, Token);
        await Client.StoreAsync(content, Token);

        var second = await Client.DeleteAsync(Samples.CidOf(content), request, Token);

        Assert.False(first.Found);
        Assert.Equal((false, first.Lsn), (second.Found, second.Lsn));
        Assert.Equal(content, await Client.ReadAsync(Samples.CidOf(content), Token));
    }

    [Fact]
    public async Task A_delete_delivered_again_gets_the_same_answer()
    {
        var pin = new Reference(new OwnerId("ada"), NamespaceId.Default, null);
        await Client.StoreAsync([5], Token);
        var cid = (await Client.StoreAsync([5], Token, StoreRequest.Default with { Reference = pin })).Cid;
        var request = DeleteRequest.Default with { Identity = Samples.Identity(NewId()) };
        var first = await Client.DeleteAsync(cid, request, Token);

        var second = await Client.DeleteAsync(cid, request, Token);

        Assert.Equal([pin], second.StillReferenced);
        Assert.Equal((first.Found, first.GraceEndsAt, first.Lsn), (second.Found, second.GraceEndsAt, second.Lsn));
    }

    [Fact]
    [Trait("row", "J13")]
    public async Task A_change_of_a_name_that_changed_nothing_changes_nothing_when_it_is_delivered_again()
    {
        var first = (await Client.StoreAsync([1], Token)).Cid;
        var second = (await Client.StoreAsync([2], Token)).Cid;
        var delete = Name("b", null) with { Identity = Samples.Identity(NewId()) };
        var absent = await Client.DeleteNameAsync(delete, Token);
        await Client.SetNameAsync(Name("a", first), Token);
        await Client.SetNameAsync(Name("b", first), Token);
        var set = Name("a", first) with { Identity = Samples.Identity(NewId()) };
        var same = await Client.SetNameAsync(set, Token);
        await Client.SetNameAsync(Name("a", second), Token);

        Assert.Equal(same, await Client.SetNameAsync(set, Token));
        Assert.Equal(absent, await Client.DeleteNameAsync(delete, Token));

        Assert.Equal(second, (await Client.FindNameAsync(Letters, "a", Token))!.Cid);
        Assert.Equal(first, (await Client.FindNameAsync(Letters, "b", Token))!.Cid);
        Assert.Equal(2, (await Client.NameHistoryAsync(Letters, "a", Token).ListAsync(Token)).Count);
    }

    [Fact]
    public async Task Content_stored_without_a_reference_is_there_until_its_grace_ends()
    {
        var cid = (await Client.StoreAsync([4, 2], Token, StoreRequest.Default with { Reference = null })).Cid;

        var record = (await Client.StatAsync(cid, Token))!;

        Assert.True(record.IsPresent);
        Assert.Empty(record.References);
        Assert.NotNull(record.ExpiresAt);
        Assert.Equal([4, 2], await Client.ReadAsync(cid, Token));
    }

    [Fact]
    [Trait("row", "J13")]
    public async Task A_name_is_created_moved_and_deleted_and_remembers()
    {
        var first = (await Client.StoreAsync([1], Token)).Cid;
        var second = (await Client.StoreAsync([2], Token)).Cid;

        var created = await Client.SetNameAsync(Name("a", first) with { MustBeNew = true }, Token);
        var moved = await Client.SetNameAsync(Name("a", second) with { Expected = first }, Token);
        Assert.Equal(moved, await Client.FindNameAsync(Letters, "a", Token));
        var deleted = await Client.DeleteNameAsync(Name("a", null), Token);

        Assert.Equal(first, created.Cid);
        Assert.Equal(second, moved.Cid);
        Assert.Null(deleted.Cid);
        Assert.Null((await Client.FindNameAsync(Letters, "a", Token))!.Cid);
        Assert.Null(await Client.FindNameAsync(Letters, "b", Token));
        var history = await Client.NameHistoryAsync(Letters, "a", Token).ListAsync(Token);
        Assert.Equal([null, second, first], history.Select(state => state.Cid));
        Assert.Empty(await Client.ListNamesAsync(Letters, null, Token).ListAsync(Token));
    }

    [Fact]
    [Trait("row", "J13")]
    public async Task The_names_of_each_owner_are_read_by_themselves()
    {
        var ada = new OwnedSpace(new OwnerId("ada"), Letters);
        var first = (await Client.StoreAsync([1], Token)).Cid;
        var second = (await Client.StoreAsync([2], Token)).Cid;
        await Client.SetNameAsync(Name("a", first), Token);
        var created = await Client.SetNameAsync(Name("a", first) with { Owner = ada.Owner }, Token);
        var moved = await Client.SetNameAsync(Name("a", second) with { Owner = ada.Owner }, Token);

        Assert.Equal(moved, await Client.FindNameAsync(ada, "a", Token));
        Assert.Equal(first, (await Client.FindNameAsync(Letters, "a", Token))!.Cid);
        Assert.Equal([moved], await Client.ListNamesAsync(ada, null, Token).ListAsync(Token));
        Assert.Equal([moved, created], await Client.NameHistoryAsync(ada, "a", Token).ListAsync(Token));
        Assert.Null(await Client.FindNameAsync(ada with { Owner = new OwnerId("bob") }, "a", Token));
        await using var watch = Client.WatchNameAsync(ada, "a", Token).GetAsyncEnumerator(Token);
        Assert.True(await SoonAsync(watch.MoveNextAsync()));
        Assert.Equal(moved, watch.Current);
        await Client.SetNameAsync(Name("a", second), Token);
        var deleted = await Client.DeleteNameAsync(Name("a", null) with { Owner = ada.Owner }, Token);
        Assert.True(await SoonAsync(watch.MoveNextAsync()));
        Assert.Equal(deleted, watch.Current);
    }

    [Fact]
    [Trait("row", "J13")]
    public async Task A_name_keeps_its_content()
    {
        var cid = (await Client.StoreAsync([3], Token)).Cid;
        await Client.SetNameAsync(Name("keep", cid), Token);

        var deleted = await Client.DeleteAsync(cid, DeleteRequest.Default, Token);

        Assert.Equal("keep", Assert.Single(deleted.StillReferenced).Name);
        Assert.Equal([3], await Client.ReadAsync(cid, Token));

        await Client.DeleteNameAsync(Name("keep", null), Token);
        Assert.Null(await Client.ReadAsync(cid, Token));
    }

    [Fact]
    [Trait("row", "J13")]
    public async Task Of_many_who_create_or_move_a_name_at_once_exactly_one_wins()
    {
        var cids = new List<Cid>();
        for (var index = 0; index < 8; index++)
        {
            cids.Add((await Client.StoreAsync([(byte)(100 + index)], Token)).Cid);
        }

        var created = await Task.WhenAll(cids.Select(cid => Try(Name("race", cid) with { MustBeNew = true })));
        var winner = cids[created.ToList().FindIndex(code => code is null)];
        var moved = await Task.WhenAll(cids.Where(cid => cid != winner)
            .Select(cid => Try(Name("race", cid) with { Expected = winner })));

        Assert.Single(created, code => code is null);
        Assert.All(created.Where(code => code is not null), code => Assert.Equal("name-exists", code));
        Assert.Single(moved, code => code is null);
        Assert.All(moved.Where(code => code is not null), code => Assert.Equal("name-changed", code));
    }

    [Fact]
    public async Task Nothing_names_content_that_is_not_here()
    {
        var refused = await Assert.ThrowsAsync<RefusedException>(
            async () => await Client.SetNameAsync(Name("a", Samples.CidOf([9, 9])), Token));

        Assert.Equal("content-not-found", refused.Refusal.Code);
    }

    [Fact]
    public async Task Names_are_listed_in_order_from_a_cursor()
    {
        var cid = (await Client.StoreAsync([6], Token)).Cid;
        foreach (var name in (string[])["b", "a/2", "a", "é", "a/1"])
        {
            await Client.SetNameAsync(Name(name, cid), Token);
        }

        var all = await Client.ListNamesAsync(Letters, null, Token).ListAsync(Token);
        var rest = await Client.ListNamesAsync(Letters, "a/1", Token).ListAsync(Token);

        Assert.Equal(["a", "a/1", "a/2", "b", "é"], all.Select(name => name.Name));
        Assert.Equal(["a/2", "b", "é"], rest.Select(name => name.Name));
        Assert.Empty(await Client.ListNamesAsync(new NamespaceId("other"), null, Token).ListAsync(Token));
    }

    [Fact]
    [Trait("row", "J13")]
    public async Task A_watcher_sees_the_state_and_then_every_change()
    {
        var cids = new List<Cid>();
        for (var index = 0; index < 4; index++)
        {
            cids.Add((await Client.StoreAsync([(byte)index, 1], Token)).Cid);
        }

        await Client.SetNameAsync(Name("w", cids[0]), Token);
        await using var watch = Client.WatchNameAsync(Letters, "w", Token).GetAsyncEnumerator(Token);
        Assert.True(await SoonAsync(watch.MoveNextAsync()));
        Assert.Equal(cids[0], watch.Current.Cid);

        for (var index = 1; index < cids.Count; index++)
        {
            await Client.SetNameAsync(Name("w", cids[index]), Token);
        }

        for (var index = 1; index < cids.Count; index++)
        {
            Assert.True(await SoonAsync(watch.MoveNextAsync()));
            Assert.Equal(cids[index], watch.Current.Cid);
        }
    }

    [Fact]
    [Trait("row", "G2")]
    public async Task Events_form_a_chain_and_can_be_read_from_a_cursor()
    {
        var cid = (await Client.StoreAsync([1, 1], Token)).Cid;
        await Client.SetNameAsync(Name("e", cid), Token);
        await Client.DeleteAsync(cid, DeleteRequest.Default, Token);

        var all = await Client.EventsAsync(Lsn.None, false, Token).ListAsync(Token);
        var rest = await Client.EventsAsync(all[0].Lsn, false, Token).ListAsync(Token);

        // A journal of a cluster tells by an event of its own that the content is kept for the name.
        Assert.Equal(
            [typeof(StorageEvent.Stored), typeof(StorageEvent.NameSet), typeof(StorageEvent.Deleted)],
            all.Select(entry => entry.Event.GetType()).Where(type => type != typeof(StorageEvent.Referenced)));
        Assert.Equal(all.Skip(1).Select(entry => entry.EventCid), rest.Select(entry => entry.EventCid));
        Cid? previous = null;
        foreach (var entry in all)
        {
            Assert.Equal(previous, entry.PreviousCid);
            previous = entry.EventCid;
        }
    }

    [Fact]
    public async Task Whoever_follows_sees_what_happens_next()
    {
        await Client.StoreAsync([1], Token);
        await using var feed = Client.EventsAsync(Lsn.None, true, Token).GetAsyncEnumerator(Token);
        Assert.True(await feed.MoveNextAsync());

        var next = feed.MoveNextAsync().AsTask();
        var stored = await Client.StoreAsync([2], Token);

        Assert.True(await next);
        Assert.Equal(stored.Receipt.Lsn, feed.Current.Lsn);
    }

    [Fact]
    public async Task What_happened_before_a_token_is_observed()
    {
        var stored = await Client.StoreAsync([8, 8], Token);

        await using var reader = await Client.OpenAsync(
            stored.Cid, new RetrieveRequest(stored.Receipt.Lsn, CommandIdentity.None), Token);

        Assert.NotNull(reader);
    }

    [Fact]
    public async Task What_a_receipt_told_of_is_observed()
    {
        var stored = await Client.StoreAsync([8, 9], Token);

        await Client.ObserveAsync(new RetrieveRequest(stored.Receipt.Lsn, CommandIdentity.None), null, Token);
        await Client.ObserveAsync(RetrieveRequest.Default, stored.Cid, Token);

        Assert.NotNull(await Client.StatAsync(stored.Cid, Token));
    }

    [Fact]
    public async Task Verifying_and_explaining_say_what_they_saw()
    {
        foreach (var size in (int[])[0, 100, 1_500_000])
        {
            var cid = (await Client.StoreAsync(Samples.Bytes(size, 31), Token)).Cid;

            var verified = (await Client.VerifyAsync(cid, Token))!;
            var explained = (await Client.ExplainAsync(cid, Token))!;

            Assert.True(verified.IsWhole, verified.Copies[0].Detail);
            Assert.Equal(cid, explained.Record.Key.Cid);
            Assert.NotEmpty(explained.Reasons);
        }
    }

    [Fact]
    [Trait("row", "B7")]
    public async Task The_access_pattern_shows_in_the_explanation()
    {
        foreach (var pattern in Enum.GetValues<AccessPattern>())
        {
            var content = new byte[] { (byte)pattern, 77 };
            var cid = (await Client.StoreAsync(content, Token, StoreRequest.Default with { Pattern = pattern })).Cid;

            var explained = (await Client.ExplainAsync(cid, Token))!;

            var expected = Policies.PatternPolicy.For(pattern).Reason;
            Assert.Contains(explained.Reasons, reason => reason.Contains(expected, StringComparison.Ordinal));
        }
    }

    private static NameSetRequest Name(string name, Cid? cid) =>
        new(OwnerId.Local, Letters, name, cid, null, false, CommandIdentity.None);

    private async Task<string?> Try(NameSetRequest request)
    {
        try
        {
            await Client.SetNameAsync(request, Token);
            return null;
        }
        catch (RefusedException refused)
        {
            return refused.Refusal.Code;
        }
    }

    /// <summary>A watch that tells nothing is to fail, not to hang.</summary>
    private static Task<bool> SoonAsync(ValueTask<bool> next) =>
        next.AsTask().WaitAsync(TimeSpan.FromSeconds(30), Token);
}
