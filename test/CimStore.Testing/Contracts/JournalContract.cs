using CimStore.Journal;
using CimStore.Objects;
using Xunit;

namespace CimStore.Testing.Contracts;

/// <summary>What every <see cref="IJournal"/> does.</summary>
public abstract class JournalContract : StoreContract
{
    [Fact]
    public async Task An_empty_journal_is_empty()
    {
        Assert.Equal(Lsn.None, Journal.DurableLsn);
        Assert.Empty(await Journal.ReadAsync(Lsn.None, Token).ListAsync(Token));
        Assert.Null(await Journal.FindAsync(new Lsn(1), Token));
        Assert.Null(await Journal.FindAsync(Lsn.None, Token));
        Assert.Empty(await Journal.AppendAsync([], Token));
    }

    [Fact]
    public async Task What_was_appended_is_durable_and_read_back_the_same()
    {
        var entry = await AppendAsync([1]);

        Assert.True(Journal.DurableLsn >= entry.Lsn);
        var found = (await Journal.FindAsync(entry.Lsn, Token))!;
        var read = Assert.Single(await Journal.ReadAsync(Lsn.None, Token).ListAsync(Token));
        foreach (var seen in new[] { found, read })
        {
            Assert.Equal(entry.EventCid, seen.EventCid);
            Assert.Equal(entry.Lsn, seen.Lsn);
            Assert.Equal(entry.At, seen.At);
            Assert.Equal(entry.EventId, seen.EventId);
            Assert.Equal(entry.Context.MessageId, seen.Context.MessageId);
        }

        Assert.Null(await Journal.FindAsync(new Lsn(entry.Lsn.Value + 1), Token));
    }

    [Fact]
    public async Task Entries_of_one_append_are_in_order_and_linked()
    {
        var first = await Journal.AppendAsync([Change([1]), Change([2]), Change([3])], Token);
        var second = await Journal.AppendAsync([Change([4])], Token);

        var all = first.Concat(second).ToList();
        Assert.Equal(all.OrderBy(entry => entry.Lsn).Select(entry => entry.Lsn), all.Select(entry => entry.Lsn));
        Assert.Null(all[0].PreviousCid);
        for (var index = 1; index < all.Count; index++)
        {
            Assert.Equal(all[index - 1].EventCid, all[index].PreviousCid);
        }

        var rest = await Journal.ReadAsync(all[1].Lsn, Token).ListAsync(Token);
        Assert.Equal(all.Skip(2).Select(entry => entry.EventCid), rest.Select(entry => entry.EventCid));
    }

    [Fact]
    public async Task Appends_at_once_make_one_chain()
    {
        await Task.WhenAll(Enumerable.Range(0, 64).Select(index => Task.Run(() => AppendAsync([(byte)index]))));

        var all = await Journal.ReadAsync(Lsn.None, Token).ListAsync(Token);
        Assert.Equal(64, all.Count);
        for (var index = 1; index < all.Count; index++)
        {
            Assert.Equal(all[index - 1].EventCid, all[index].PreviousCid);
        }
    }

    [Fact]
    public async Task Waiting_ends_with_the_next_append()
    {
        await Journal.AppendAsync([Change([1])], Token);
        var waiting = Journal.WaitAsync(Journal.DurableLsn, Token).AsTask();
        Assert.False(waiting.IsCompleted);

        await Journal.AppendAsync([Change([2])], Token);

        await waiting;
        await Journal.WaitAsync(Lsn.None, Token);
    }

    [Fact]
    public async Task A_cancelled_call_changes_nothing()
    {
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await Journal.AppendAsync([Change([1])], Cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await Journal.WaitAsync(Journal.DurableLsn, Cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await Journal.FindAsync(new Lsn(1), Cancelled));

        Assert.Equal(Lsn.None, Journal.DurableLsn);
    }
}
