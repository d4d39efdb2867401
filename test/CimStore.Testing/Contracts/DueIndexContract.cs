using CimStore.Engine;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Policies;
using Xunit;

namespace CimStore.Testing.Contracts;

/// <summary>What every <see cref="IDueIndex"/> does.</summary>
public abstract class DueIndexContract : IAsyncLifetime
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private IDueIndex? _index;

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    protected IDueIndex Index => _index!;

    public async ValueTask InitializeAsync() => _index = await OpenAsync();

    public virtual async ValueTask DisposeAsync()
    {
        if (_index is not null)
        {
            await _index.DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>An empty index.</summary>
    protected abstract ValueTask<IDueIndex> OpenAsync();

    [Fact]
    public async Task What_was_put_is_found_as_it_was()
    {
        var records = new[]
        {
            Record(1, null, null),
            Record(2, Start.AddDays(3), null),
            Record(3, null, new DebtRecord(Start, Start.AddSeconds(5), 4, "the pool is away")),
            Record(4, Start.AddTicks(1), new DebtRecord(Start.AddTicks(7), Start, 0, "")) with
            {
                Facts = Facts(4).Accessed(12, Start.AddDays(1), TimeSpan.FromDays(7)),
                Stamp = uint.MaxValue,
            },
            Record(5, Start, new DebtRecord(Start, Start, 1, "a shard is away", LacksParts: true)) with
            {
                VerifyBy = Start.AddDays(30),
            },
            Record(6, null, null) with { VerifyBy = Start },
        };

        await PutAsync(records);

        foreach (var record in records)
        {
            Assert.Equal(record, await Index.FindAsync(record.Key, Token));
        }

        Assert.Null(await Index.FindAsync(Key(99), Token));
        Assert.Equal(new Lsn(7), Index.Seen);
    }

    [Fact]
    public async Task What_is_due_comes_in_the_order_of_its_dates_and_nothing_else()
    {
        await PutAsync(
            Record(1, Start.AddHours(3), null), Record(2, Start.AddHours(1), null), Record(3, Start.AddHours(2), null),
            Record(4, null, null), Record(5, Start.AddHours(2).AddTicks(1), null));

        var due = await Index.DueAsync(Start.AddHours(2), 10, Token);
        var first = await Index.DueAsync(Start.AddHours(9), 2, Token);

        Assert.Equal([Key(2), Key(3)], due.Select(record => record.Key));
        Assert.Equal([Key(2), Key(3)], first.Select(record => record.Key));
        Assert.Empty(await Index.DueAsync(Start, 10, Token));
        Assert.Empty(await Index.DebtsAsync(Start.AddYears(9), 10, Token));
    }

    [Fact]
    public async Task What_goes_unproved_for_longest_comes_first()
    {
        await PutAsync(
            Record(1, Start, null) with { VerifyBy = Start.AddDays(3) },
            Record(2, null, null) with { VerifyBy = Start.AddDays(1) },
            Record(3, Start, new DebtRecord(Start, Start, 0, "")));
        var before = (await Index.FindAsync(Key(2), Token))!;

        var first = await Index.UnprovedAsync(Start.AddDays(9), 10, Token);
        await Index.ApplyAsync(
            [new DueChange(Key(2), before, before with { VerifyBy = Start.AddDays(31) })], new Lsn(8), Token);
        var then = await Index.UnprovedAsync(Start.AddDays(9), 10, Token);

        Assert.Equal([Key(2), Key(1)], first.Select(record => record.Key));
        Assert.Equal([Key(1)], then.Select(record => record.Key));
        Assert.Empty(await Index.UnprovedAsync(Start.AddDays(2), 10, Token));
    }

    [Fact]
    public async Task A_new_date_takes_the_place_of_the_old_one()
    {
        var before = Record(1, Start.AddHours(1), new DebtRecord(Start, Start.AddHours(1), 0, ""));
        await PutAsync(before);
        var after = before with { Due = Start.AddHours(5), Debt = null };

        await Index.ApplyAsync([new DueChange(Key(1), before, after)], new Lsn(8), Token);

        Assert.Empty(await Index.DueAsync(Start.AddHours(4), 10, Token));
        Assert.Equal([after], await Index.DueAsync(Start.AddHours(5), 10, Token));
        Assert.Empty(await Index.DebtsAsync(Start.AddHours(5), 10, Token));
    }

    [Fact]
    public async Task What_is_forgotten_is_nowhere()
    {
        var record = Record(1, Start, new DebtRecord(Start, Start, 0, ""));
        await PutAsync(record, Record(2, null, null));

        await Index.ApplyAsync([new DueChange(Key(1), record, null)], new Lsn(9), Token);

        Assert.Null(await Index.FindAsync(Key(1), Token));
        Assert.Empty(await Index.DueAsync(Start, 10, Token));
        Assert.Empty(await Index.DebtsAsync(Start, 10, Token));
        Assert.Equal([Key(2)], (await Index.ListAsync(null, 10, Token)).Select(one => one.Key));
    }

    [Fact]
    public async Task All_are_listed_in_pages()
    {
        await PutAsync([.. Enumerable.Range(1, 25).Select(number => Record(number, null, null))]);

        var listed = new List<ContentKey>();
        IReadOnlyList<DueRecord> page = await Index.ListAsync(null, 10, Token);
        while (page.Count > 0)
        {
            listed.AddRange(page.Select(record => record.Key));
            page = await Index.ListAsync(listed[^1], 10, Token);
        }

        Assert.Equal(Enumerable.Range(1, 25).Select(Key).OrderBy(key => key.Cid), listed);
    }

    [Fact]
    public async Task Objects_of_one_date_are_each_met_once_while_they_are_dated_anew_page_by_page()
    {
        await PutAsync([.. Enumerable.Range(1, 25).Select(number => Record(number, Start, null))]);

        var met = new List<ContentKey>();
        IReadOnlyList<DueRecord> page;
        while ((page = await Index.DueAsync(Start, 10, Token)).Count > 0)
        {
            met.AddRange(page.Select(record => record.Key));
            await RedateAsync(page, Start.AddDays(1));
        }

        Assert.Equal(Enumerable.Range(1, 25).Select(Key).OrderBy(key => key.Cid), met);
        Assert.Equal(25, (await Index.DueAsync(Start.AddDays(1), 99, Token)).Count);
    }

    [Fact]
    public async Task What_was_met_and_not_dated_anew_is_met_again()
    {
        await PutAsync([.. Enumerable.Range(1, 5).Select(number => Record(number, Start, null))]);
        var page = await Index.DueAsync(Start, 4, Token);

        await RedateAsync([page[0], page[1], page[3]], Start.AddDays(1));
        var then = await Index.DueAsync(Start, 9, Token);

        Assert.Equal(2, then.Count);
        Assert.Equal(page[2].Key, then[0].Key);
    }

    [Fact]
    public async Task A_date_before_those_that_were_met_is_met_whatever_became_of_them()
    {
        await PutAsync([.. Enumerable.Range(1, 4).Select(number => Record(number, Start.AddHours(number), null))]);
        var page = await Index.DueAsync(Start.AddDays(1), 3, Token);
        await RedateAsync([page[0]], Start);
        await RedateAsync([page[1], page[2]], Start.AddDays(2));
        var first = await Index.DueAsync(Start, 9, Token);
        await PutAsync(Record(9, Start.AddHours(2), null));

        var then = await Index.DueAsync(Start.AddHours(3), 9, Token);

        Assert.Equal([Key(1)], first.Select(record => record.Key));
        Assert.Equal([Key(1), Key(9)], then.Select(record => record.Key));
    }

    [Fact]
    public async Task An_earlier_instant_is_asked_about_after_a_later_one()
    {
        await PutAsync(Record(1, Start.AddHours(1), null));

        Assert.Empty(await Index.DueAsync(Start, 9, Token));
        Assert.Empty(await Index.DueAsync(Start.AddHours(-1), 9, Token));
        await PutAsync(Record(2, Start.AddHours(-1), null));

        Assert.Equal([Key(2)], (await Index.DueAsync(Start.AddHours(-1), 9, Token)).Select(record => record.Key));
        Assert.Equal(2, (await Index.DueAsync(DateTimeOffset.MaxValue, 9, Token)).Count);
    }

    private ValueTask RedateAsync(IEnumerable<DueRecord> records, DateTimeOffset due) => Index.ApplyAsync(
        [.. records.Select(record => new DueChange(record.Key, record, record with { Due = due }))], Index.Seen, Token);

    private static ContentKey Key(int number) => ContentKey.Shared(Samples.CidOf(BitConverter.GetBytes(number)));

    private static MigrationFacts Facts(int number) => new()
    {
        SizeBytes = number * 1000L,
        CreatedAt = Start,
        Tier = StorageTier.Warm,
        TierSince = Start.AddDays(2),
        Class = DurabilityClass.Critical,
        DataClass = DataClass.Financial,
        Pattern = AccessPattern.Archival,
    };

    private static DueRecord Record(int number, DateTimeOffset? due, DebtRecord? debt) =>
        new(Key(number), Facts(number), 5, due, debt);

    private async Task PutAsync(params DueRecord[] records) => await Index.ApplyAsync(
        [.. records.Select(record => new DueChange(record.Key, null, record))], new Lsn(7), Token);
}
