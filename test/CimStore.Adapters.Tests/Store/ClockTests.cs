using CimStore.Disk;
using CimStore.Engine;
using CimStore.Objects;
using CimStore.Testing;
using CimStore.Testing.Contracts;
using CimStore.Testing.Store;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace CimStore.Adapters.Tests.Store;

/// <summary>The clock is set between one process and the next: the journal remembers how late it was.</summary>
public sealed class ClockTests
{
    private readonly FakeTimeProvider _steady = new(new DateTimeOffset(2026, 11, 25, 0, 0, 0, TimeSpan.Zero));
    private readonly JumpingClock _clock;

    public ClockTests() => _clock = new JumpingClock(_steady);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Entries_are_stamped_no_earlier_than_those_before_them_whatever_the_clock_does()
    {
        using var directory = TempDirectory.InMemory();
        foreach (var days in (int[])[0, -4000, -4001, 1, -20_783])
        {
            _clock.Offset = TimeSpan.FromDays(days);
            _steady.Advance(TimeSpan.FromMinutes(1));
            await using var node = await OpenAsync(directory);
            await node.StoreAsync(BitConverter.GetBytes(days), Token);
        }

        await using var last = await OpenAsync(directory);
        var times = await last.EventsAsync(Lsn.None, false, Token).Select(entry => entry.At).ToListAsync(Token);
        Assert.Equal(times.Order(), times);
        Assert.Equal(_steady.GetUtcNow() + TimeSpan.FromDays(1) - TimeSpan.FromMinutes(1), times[^1]);
    }

    [Fact]
    public async Task A_grace_is_whole_although_every_process_since_found_the_clock_set_back()
    {
        using var directory = TempDirectory.InMemory();
        Content.Cid cid;
        await using (var node = await OpenAsync(directory))
        {
            cid = (await node.StoreAsync([1], Token)).Cid;
        }

        _clock.Offset = TimeSpan.FromDays(-4000);
        await using (var node = await OpenAsync(directory))
        {
            await node.StoreAsync([2], Token);
        }

        DeleteResult deleted;
        await using (var node = await OpenAsync(directory))
        {
            deleted = await node.DeleteAsync(cid, DeleteRequest.Default, Token);
        }

        _clock.Offset = default;
        await using var again = await OpenAsync(directory);
        Assert.Equal(_steady.GetUtcNow() + TimeSpan.FromHours(24), deleted.GraceEndsAt);
        Assert.Equal(0, (await again.CollectAsync(Token)).ObjectsReleased);
    }

    [Fact]
    public async Task A_process_that_wrote_while_the_clock_was_ahead_ends_no_grace_for_those_after_it()
    {
        using var directory = TempDirectory.InMemory();
        await using (var node = await OpenAsync(directory))
        {
            await node.DeleteAsync((await node.StoreAsync([1], Token)).Cid, DeleteRequest.Default, Token);
        }

        _clock.Offset = TimeSpan.FromDays(4000);
        await using (var node = await OpenAsync(directory))
        {
            await node.StoreAsync([2], Token);
        }

        _clock.Offset = default;
        await using var again = await OpenAsync(directory);
        Assert.Equal(0, (await again.CollectAsync(Token)).ObjectsReleased);
        Assert.Single((await again.StatusAsync(Token)).Warnings, warning => warning.Contains("clock"));
        _steady.Advance(TimeSpan.FromHours(24));
        Assert.Equal(1, (await again.CollectAsync(Token)).ObjectsReleased);
    }

    private async Task<StorageNode> OpenAsync(TempDirectory directory)
    {
        var time = new ObservedTime(_clock);
        var store = await DiskStore.OpenAsync(Sample.Options(directory), time, Token);
        return await StorageNode.OpenAsync(
            StorageNodePorts.Of(store), time, new IdSource(time), new StorageNodeOptions(), null, Token);
    }
}
