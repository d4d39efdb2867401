using CimStore.Disk;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Testing.Store;
using Xunit;

namespace CimStore.Adapters.Tests.Store;

/// <summary>The index fails behind a durable batch: nothing is lost, and nothing is said to be absent.</summary>
public sealed class IndexFailureTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly IdSource _ids = new(TimeProvider.System);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("record")]
    [InlineData("entry")]
    [InlineData("journal")]
    [InlineData("expired")]
    [InlineData("list")]
    [InlineData("command")]
    public async Task Whoever_asks_for_what_the_index_may_miss_is_told_why(string what)
    {
        await using var store = await Sample.OpenAsync(_directory);
        await FailAsync(store);

        var failure = await Assert.ThrowsAsync<LocationException>(() => AskAsync(store, what));

        Assert.Equal(LocationFault.Offline, failure.Fault);
    }

    /// <summary>So many that some would be taken for one that is missing, were that not told exactly.</summary>
    [Fact]
    public async Task Everything_that_the_index_does_have_is_read_as_ever()
    {
        const int Count = 8000;
        await using var store = await Sample.OpenAsync(_directory);
        var contents = Enumerable.Range(10, Count).Select(static number => Sample.Bytes(number, 20)).ToArray();
        foreach (var some in contents.Chunk(200))
        {
            await store.AppendAsync([.. some.Select(content => Sample.Store(_ids, content))], Token);
        }

        await FailAsync(store);

        foreach (var content in contents)
        {
            Assert.Equal(content, await Sample.ReadAsync(store, Sample.Key(content), Token));
        }
    }

    [Fact]
    public async Task Whoever_waits_for_what_never_reaches_the_index_is_told_at_once()
    {
        await using var store = await Sample.OpenAsync(_directory);
        var waiting = store.WaitAsync(new Lsn(1), Token).AsTask();
        await FailAsync(store);

        var failure = await Assert.ThrowsAsync<LocationException>(() => waiting);
        var later = await Assert.ThrowsAsync<LocationException>(() => store.WaitAsync(new Lsn(1), Token).AsTask());

        Assert.Equal((LocationFault.Offline, LocationFault.Offline), (failure.Fault, later.Fault));
    }

    [Fact]
    public async Task An_operator_still_gets_the_numbers_and_the_next_open_makes_the_index_level()
    {
        await using (var store = await Sample.OpenAsync(_directory))
        {
            await FailAsync(store);

            Assert.True((await store.MeasureAsync(Token)).PhysicalBytes > 0);
            Assert.NotEmpty(await store.UsageAsync(Token));
            Assert.Equal(1UL, store.DurableLsn.Value);
            Assert.Contains(store.Warnings, static warning => warning.Contains("The index failed"));
            await RequireReadAsync(store, 1);
        }

        await using var again = await Sample.OpenAsync(_directory);

        Assert.Equal(2, (await again.TotalsAsync(Token)).Objects);
        await RequireReadAsync(again, 2);
    }

    private static async Task RequireReadAsync(DiskStore store, int number)
    {
        var content = Sample.Bytes(number, 100);
        Assert.Equal(content, await Sample.ReadAsync(store, Sample.Key(content), Token));
    }

    private async Task FailAsync(DiskStore store)
    {
        await store.AppendAsync([Sample.Store(_ids, Sample.Bytes(1, 100))], Token);
        store.Projection.Applied = static _ => throw new InvalidOperationException("The index is gone.");
        var failure = await Assert.ThrowsAsync<LocationException>(
            async () => await store.AppendAsync([Sample.Store(_ids, Sample.Bytes(2, 100))], Token));
        Assert.Equal(LocationFault.Unknown, failure.Fault);
    }

    private async Task AskAsync(DiskStore store, string what)
    {
        switch (what)
        {
            case "record":
                await store.FindAsync(Sample.Key(Sample.Bytes(2, 100)), Token);
                break;
            case "entry":
                await store.FindAsync(new Lsn(2), Token);
                break;
            case "journal":
                await store.ReadAsync(Lsn.None, Token).CountAsync(Token);
                break;
            case "expired":
                await store.ListExpiredAsync(DateTimeOffset.MaxValue, Token).CountAsync(Token);
                break;
            case "list":
                await store.ListAsync(DedupDomain.Shared, null, Token).CountAsync(Token);
                break;
            default:
                await store.FindCommandAsync(_ids.Next(), Token);
                break;
        }
    }
}
