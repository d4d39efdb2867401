using CimStore.Engine;
using CimStore.Journal;
using CimStore.Objects;
using CimStore.Server.Tests.Http;
using CimStore.Testing.Contracts;
using Xunit;

namespace CimStore.Server.Tests.Cli;

/// <summary>Entries that are each right by themselves, and are not the chain that was written.</summary>
public sealed class EventChainTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("row", "H5")]
    public async Task An_entry_that_is_left_out_moved_or_another_one_is_found_where_it_stands()
    {
        var entries = await WriteAsync(5);
        var others = await WriteAsync(5);

        await AssertRightAsync(5, null, entries);
        await AssertRightAsync(2, "lsn 4", [.. entries[..2], .. entries[3..]]);
        await AssertRightAsync(1, "lsn 3", [entries[0], entries[2], entries[1], .. entries[3..]]);
        await AssertRightAsync(2, "lsn 3", [.. entries[..2], others[2], .. entries[3..]]);
        await AssertRightAsync(0, "lsn 2", entries[1..]);
    }

    private static async Task AssertRightAsync(long expected, string? wrongAt, JournalEntry[] entries)
    {
        var (right, wrong) = await EventChain.VerifyAsync(
            entries.ToAsyncEnumerable(), new WorkCount(), Token);

        Assert.Equal(expected, right);
        Assert.Equal(wrongAt is null, wrong is null);
        Assert.Contains(wrongAt ?? "", wrong ?? "", StringComparison.Ordinal);
    }

    private static async Task<JournalEntry[]> WriteAsync(int count)
    {
        await using var node = await RunningNode.OpenEngineAsync();
        for (var number = 0; number < count; number++)
        {
            await node.StoreAsync(Samples.Bytes(10, number), Token);
        }

        return await node.EventsAsync(Lsn.None, follow: false, Token).ToArrayAsync(Token);
    }
}
