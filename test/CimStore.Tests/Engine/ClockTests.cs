using CimStore.Content;
using CimStore.Engine;
using CimStore.Objects;
using CimStore.Testing;
using CimStore.Testing.Contracts;
using CimStore.Testing.Memory;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace CimStore.Tests.Engine;

/// <summary>The clock is set, either way, while the node runs: nothing goes too soon, and nobody is refused.</summary>
public sealed class ClockTests
{
    private static readonly TimeSpan Grace = new StorageNodeOptions().DeleteGrace;
    private static readonly TimeSpan Year = TimeSpan.FromDays(365);

    private readonly FakeTimeProvider _steady = new(new DateTimeOffset(2026, 11, 25, 0, 0, 0, TimeSpan.Zero));
    private readonly JumpingClock _clock;

    public ClockTests() => _clock = new JumpingClock(_steady);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_clock_set_back_neither_shortens_nor_forgets_a_grace()
    {
        var node = await OpenAsync();
        var cid = (await node.StoreAsync([1], Token)).Cid;

        _clock.Offset = TimeSpan.FromDays(-3);
        var deleted = await node.DeleteAsync(cid, DeleteRequest.Default, Token);

        Assert.Equal(_steady.GetUtcNow() + Grace, deleted.GraceEndsAt);
        Assert.NotEmpty((await node.StatusAsync(Token)).Warnings);
        _clock.Offset = default;
        await AssertKeptForAsync(node, Grace);
    }

    [Fact]
    public async Task A_clock_set_ahead_and_back_ends_no_grace_too_soon()
    {
        var node = await OpenAsync();
        await DeleteAsync(node, 1);

        _clock.Offset = 4 * Year;
        Assert.Equal(0, (await node.CollectAsync(Token)).ObjectsReleased);
        _clock.Offset = default;

        Assert.Empty((await node.StatusAsync(Token)).Warnings);
        await AssertKeptForAsync(node, Grace);
    }

    [Fact]
    public async Task A_leap_ahead_is_believed_when_it_has_stood_for_a_day()
    {
        var node = await OpenAsync();
        await node.DeleteAsync(
            (await node.StoreAsync([1], Token)).Cid, DeleteRequest.Default with { Grace = 30 * Grace }, Token);

        _clock.Offset = Year;

        await AssertKeptForAsync(node, ObservedTime.LeapDoubt);
    }

    [Fact]
    public async Task A_leap_that_was_taken_back_is_in_doubt_anew_when_it_comes_again()
    {
        var node = await OpenAsync();
        await node.DeleteAsync(
            (await node.StoreAsync([1], Token)).Cid, DeleteRequest.Default with { Grace = 30 * Grace }, Token);
        foreach (var offset in (TimeSpan[])[Year, default, Year])
        {
            _clock.Offset = offset;
            Assert.Equal(0, (await node.CollectAsync(Token)).ObjectsReleased);
            _steady.Advance(ObservedTime.LeapDoubt / 2);
        }

        Assert.Equal(0, (await node.CollectAsync(Token)).ObjectsReleased);
    }

    [Fact]
    public async Task What_is_deleted_while_the_clock_is_ahead_gets_its_whole_grace_by_either_clock()
    {
        var node = await OpenAsync();
        _clock.Offset = TimeSpan.FromHours(5);
        await DeleteAsync(node, 1);
        _clock.Offset = default;

        await AssertKeptForAsync(node, Grace + TimeSpan.FromHours(5));
    }

    [Fact]
    public async Task What_is_deleted_without_grace_goes_at_once_while_the_clock_is_behind()
    {
        var node = await OpenAsync();
        var cid = (await node.StoreAsync([1], Token)).Cid;
        _clock.Offset = -Year;

        await node.DeleteAsync(cid, DeleteRequest.Default with { Grace = TimeSpan.Zero }, Token);

        Assert.Equal(1, (await node.CollectAsync(Token)).ObjectsReleased);
    }

    [Theory]
    [InlineData(1461)]
    [InlineData(-1461)]
    public async Task A_client_whose_clock_is_right_is_not_refused_by_a_node_whose_clock_jumped(int days)
    {
        var node = await OpenAsync();
        await node.StoreAsync([1], Token);
        _clock.Offset = TimeSpan.FromDays(days);
        await node.StoreAsync([2], Token);
        var request = StoreRequest.Default with { Identity = Samples.Identity(new IdSource(_steady).Next()) };

        var stored = await node.StoreAsync([3], Token, request);
        _clock.Offset = default;

        Assert.True((await node.StoreAsync([3], Token, request)).Replayed);
        Assert.Equal(Samples.CidOf([3]), stored.Cid);
    }

    [Fact]
    public async Task Ids_that_were_remembered_while_the_clock_was_ahead_make_no_later_one_too_old()
    {
        var ids = new IdSource(_steady);
        var store = new MemoryStore(_clock, ids) { CommandsMax = 3 };
        var node = await StorageNode.OpenAsync(
            StorageNodePorts.Of(store), _clock, ids, new StorageNodeOptions(), null, Token);
        _clock.Offset = Year;
        await RememberAsync(node, ids, 3);
        _clock.Offset = default;

        await RememberAsync(node, ids, 5);

        Assert.True(store.CommandsForgottenUntil < _steady.GetUtcNow());
    }

    private async Task RememberAsync(StorageNode node, IdSource ids, int count)
    {
        for (var done = 0; done < count; done++)
        {
            _steady.Advance(TimeSpan.FromSeconds(1));
            await node.StoreAsync(
                [1], Token, StoreRequest.Default with { Identity = Samples.Identity(ids.Next()) });
        }
    }

    private static async Task<Cid> DeleteAsync(StorageNode node, byte content)
    {
        var cid = (await node.StoreAsync([content], Token)).Cid;
        await node.DeleteAsync(cid, DeleteRequest.Default, Token);
        return cid;
    }

    private async Task AssertKeptForAsync(StorageNode node, TimeSpan span)
    {
        Assert.Equal(0, (await node.CollectAsync(Token)).ObjectsReleased);
        _steady.Advance(span - TimeSpan.FromMinutes(2));
        Assert.Equal(0, (await node.CollectAsync(Token)).ObjectsReleased);
        _steady.Advance(TimeSpan.FromMinutes(3));
        Assert.Equal(1, (await node.CollectAsync(Token)).ObjectsReleased);
    }

    private async Task<StorageNode> OpenAsync() =>
        (await MemoryNode.OpenAsync(_clock, new StorageNodeOptions(), Token)).Node;
}
