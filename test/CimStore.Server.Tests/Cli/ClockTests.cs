using System.Globalization;
using CimStore.Cli.Terminal;
using CimStore.Content;
using CimStore.Disk;
using CimStore.Engine;
using CimStore.Objects;
using CimStore.Testing.Contracts;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace CimStore.Server.Tests.Cli;

/// <summary>
/// The executable on a store that was written while the clock was years ahead: what a process meets whose clock was set
/// back since.
/// </summary>
public sealed class ClockTests : IDisposable
{
    private readonly Cimstore _cimstore = new();
    private readonly FakeTimeProvider _ahead = new(TimeProvider.System.GetUtcNow().AddYears(10));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_store_from_ahead_takes_everything_and_stamps_nothing_before_it()
    {
        await FillAsync();
        var id = new IdSource(TimeProvider.System).Next().Value.ToString();

        var put = (await _cimstore.RunAsync(
            "put", _cimstore.Write("new", "new"), "--name", "n", "--message-id", id)).Ok();
        var events = (await _cimstore.RunAsync("events")).Ok();
        var history = (await _cimstore.RunAsync("name", "history", "n")).Ok();
        var status = (await _cimstore.RunAsync("status")).Ok();

        var year = _ahead.GetUtcNow().Year.ToString(CultureInfo.InvariantCulture);
        Assert.All(TimesOf(events.Text), time => Assert.StartsWith(year, time, StringComparison.Ordinal));
        Assert.Equal(2, TimesOf(history.Text).Length);
        Assert.Contains("The clock is behind", status.Text, StringComparison.Ordinal);
        Assert.Equal("new", (await _cimstore.RunAsync("cat", put.Cid)).Ok().Text);
        (await _cimstore.RunAsync("audit", "verify")).Ok();
    }

    [Fact]
    public async Task A_store_from_ahead_gives_nothing_up_before_its_grace_by_the_clock_that_is()
    {
        var deleted = await FillAsync();

        var kept = (await _cimstore.RunAsync("gc", "--json")).Ok();
        var back = (await _cimstore.RunAsync("put", _cimstore.Write("back", [2]), "--json")).Ok();
        (await _cimstore.RunAsync("rm", "--grace", "0", "--yes", deleted.ToString())).Ok();
        var given = (await _cimstore.RunAsync("gc", "--json")).Ok();

        Assert.Contains("\"objectsReleased\":0", kept.Text, StringComparison.Ordinal);
        Assert.Contains(deleted.ToString(), back.Text, StringComparison.Ordinal);
        Assert.Contains("\"objectsReleased\":1", given.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("8d")]
    [InlineData("+8")]
    [InlineData("+-1d")]
    [InlineData("+d")]
    [InlineData("+8w")]
    [InlineData("+36501d")]
    [InlineData("+99999999d")]
    public async Task A_shift_of_the_clock_that_is_none_is_refused_with_the_way_to_say_it(string shift)
    {
        _cimstore.Environment[ShiftedTime.Variable] = shift;

        (await _cimstore.RunAsync("put", _cimstore.Write("file", [1]))).Fails(2, $"$CIMSTORE_CLOCK is '{shift}'");
        Assert.False(Directory.Exists(_cimstore.Data));
    }

    public void Dispose() => _cimstore.Dispose();

    private static string[] TimesOf(string lines) =>
        [.. lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('\t')[1])];

    /// <returns>What was deleted, with a grace by the clock that is ahead.</returns>
    private async Task<Cid> FillAsync()
    {
        var time = new ObservedTime(_ahead);
        var store = await DiskStore.OpenAsync(
            new DiskStoreOptions { DataDirectory = _cimstore.Data, ForceUnsafe = true }, time, Token);
        await using var node = await StorageNode.OpenAsync(
            StorageNodePorts.Of(store), time, new IdSource(time), new StorageNodeOptions(), null, Token);
        var named = await node.StoreAsync([1], Token);
        await node.SetNameAsync(
            new NameSetRequest(OwnerId.Local, NamespaceId.Default, "n", named.Cid, null, false, CommandIdentity.None),
            Token);
        var deleted = await node.StoreAsync([2], Token);
        await node.DeleteAsync(deleted.Cid, DeleteRequest.Default, Token);
        return deleted.Cid;
    }
}
