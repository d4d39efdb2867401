using CimStore.Locations;
using CimStore.Objects;
using CimStore.Testing.Store;
using Xunit;

namespace CimStore.Adapters.Tests.Store;

public sealed class DiskStoreTests
{
    private static readonly IdSource Ids = new(TimeProvider.System);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_was_stored_is_found_listed_and_read_after_opening_again()
    {
        using var directory = new TempDirectory();
        var contents = Enumerable.Range(0, 300).Select(seed => Sample.Bytes(seed, 100 + (seed * 13))).ToArray();
        await using (var store = await Sample.OpenAsync(directory))
        {
            foreach (var content in contents)
            {
                await store.AppendAsync([Sample.Store(Ids, content)], Token);
            }
        }

        await using var again = await Sample.OpenAsync(directory);

        foreach (var content in contents)
        {
            Assert.Equal(content, await Sample.ReadAsync(again, Sample.Key(content), Token));
        }

        var listed = await again.ListAsync(DedupDomain.Shared, null, Token).Select(r => r.Key.Cid).ToListAsync(Token);
        Assert.Equal(contents.Select(c => Sample.Key(c).Cid).Order(), listed);
        Assert.Empty(again.Warnings);
    }

    /// <summary>The log is not mounted, was deleted, or is an older copy: the index knows more.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_log_that_lost_its_end_is_refused_and_nothing_is_given_up(bool isGone)
    {
        using var directory = new TempDirectory();
        var (log, older) = (Path.Combine(directory.Path, "log"), Path.Combine(directory.Path, "older"));
        var (aside, content) = (Path.Combine(directory.Path, "aside"), Sample.Bytes(7, 3 << 20));
        await using (var store = await Sample.OpenAsync(directory))
        {
            await store.AppendAsync([Sample.Store(Ids, Sample.Bytes(1, 100))], Token);
        }

        Directory.CreateDirectory(older);
        foreach (var file in isGone ? [] : Directory.GetFiles(log))
        {
            File.Copy(file, Path.Combine(older, Path.GetFileName(file)));
        }

        await using (var store = await Sample.OpenAsync(directory))
        {
            await using var staged = await Sample.StageAsync(store, content, Token);
            await store.AppendAsync([Sample.StoreStaged(Ids, content, staged)], Token);
        }

        Directory.Move(log, aside);
        Directory.Move(older, log);
        for (var tries = 0; tries < 2; tries++)
        {
            var refused = await Assert.ThrowsAsync<LocationException>(
                async () => await (await Sample.OpenAsync(directory)).DisposeAsync());
            Assert.Contains("lost its end or is an older copy", refused.Message, StringComparison.Ordinal);
        }

        Directory.Delete(log, recursive: true);
        Directory.Move(aside, log);
        await using var again = await Sample.OpenAsync(directory);
        Assert.Equal(content, await Sample.ReadAsync(again, Sample.Key(content), Token));
        Assert.Empty(again.Warnings);
    }

    [Fact]
    public async Task An_empty_log_without_an_index_gives_up_no_large_file()
    {
        using var directory = new TempDirectory();
        var (log, aside) = (Path.Combine(directory.Path, "log"), Path.Combine(directory.Path, "aside"));
        var content = Sample.Bytes(7, 3 << 20);
        await using (var store = await Sample.OpenAsync(directory))
        {
            await using var staged = await Sample.StageAsync(store, content, Token);
            await store.AppendAsync([Sample.StoreStaged(Ids, content, staged)], Token);
        }

        Directory.Move(log, aside);
        Directory.Delete(Path.Combine(directory.Path, "index"), recursive: true);
        await (await Sample.OpenAsync(directory)).DisposeAsync();
        Directory.Delete(log, recursive: true);
        Directory.Move(aside, log);
        Directory.Delete(Path.Combine(directory.Path, "index"), recursive: true);

        await using var again = await Sample.OpenAsync(directory);

        Assert.Equal(content, await Sample.ReadAsync(again, Sample.Key(content), Token));
    }

    [Fact]
    public async Task Entries_form_a_chain_that_goes_on_after_opening_again()
    {
        using var directory = new TempDirectory();
        for (var round = 0; round < 3; round++)
        {
            await using var store = await Sample.OpenAsync(directory);
            await store.AppendAsync([Sample.Store(Ids, Sample.Bytes(round, 50))], Token);
            await store.AppendAsync(
                [Sample.Store(Ids, Sample.Bytes(round + 10, 50)), Sample.Store(Ids, Sample.Bytes(round + 20, 50))],
                Token);
        }

        await using var again = await Sample.OpenAsync(directory);
        var entries = await again.ReadAsync(Lsn.None, Token).ToListAsync(Token);

        Assert.Equal(9, entries.Count);
        Assert.Null(entries[0].PreviousCid);
        Assert.All(entries.Zip(entries.Skip(1)), pair => Assert.Equal(pair.First.EventCid, pair.Second.PreviousCid));
        Assert.Equal(entries[4].EventCid, (await again.FindAsync(entries[4].Lsn, Token))!.EventCid);
        Assert.Equal(entries[^1].Lsn, again.DurableLsn);
    }

    [Fact]
    public async Task Deleting_the_index_loses_nothing()
    {
        using var directory = new TempDirectory();
        await using (var store = await Sample.OpenAsync(directory))
        {
            for (var seed = 0; seed < 50; seed++)
            {
                await store.AppendAsync([Sample.Store(Ids, Sample.Bytes(seed, 700))], Token);
            }
        }

        Directory.Delete(Path.Combine(directory.Path, "index"), recursive: true);
        await using var again = await Sample.OpenAsync(directory);

        Assert.Equal(50, await again.ListAsync(DedupDomain.Shared, null, Token).CountAsync(Token));
        Assert.Equal(Sample.Bytes(7, 700), await Sample.ReadAsync(again, Sample.Key(Sample.Bytes(7, 700)), Token));
        Assert.Equal(50 * 700, Assert.Single(await again.UsageAsync(Token)).LogicalBytes);
    }

    [Fact]
    public async Task Waiting_for_a_position_ends_when_it_is_durable()
    {
        using var directory = new TempDirectory();
        await using var store = await Sample.OpenAsync(directory);
        var waiting = store.WaitAsync(store.DurableLsn, Token).AsTask();
        Assert.False(waiting.IsCompleted);

        await store.AppendAsync([Sample.Store(Ids, Sample.Bytes(1, 10))], Token);

        await waiting;
    }

    [Fact]
    public async Task A_second_node_is_told_who_has_the_directory()
    {
        using var directory = new TempDirectory();
        await using var store = await Sample.OpenAsync(directory);
        store.Announce("http://127.0.0.1:9640");

        var refused = await Assert.ThrowsAsync<LocationException>(() => Sample.OpenAsync(directory).AsTask());

        Assert.Contains(
            $"is in use by pid {Environment.ProcessId} (http://127.0.0.1:9640)",
            refused.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_directory_of_a_newer_format_is_refused_and_left_alone()
    {
        using var directory = new TempDirectory();
        var marker = Path.Combine(directory.Path, "cimstore.json");
        const string Newer =
            """{"format":2,"store":"0192d5a0-0000-7000-8000-000000000000","created":"2030-01-01T00:00:00Z"}""";
        await File.WriteAllTextAsync(marker, Newer, Token);

        var refused = await Assert.ThrowsAsync<LocationException>(() => Sample.OpenAsync(directory).AsTask());

        Assert.Contains("format 2", refused.Message, StringComparison.Ordinal);
        Assert.Equal([marker], Directory.GetFileSystemEntries(directory.Path));
        Assert.Equal(Newer, await File.ReadAllTextAsync(marker, Token));
    }
}
