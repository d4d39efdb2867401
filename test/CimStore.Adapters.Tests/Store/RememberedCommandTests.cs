using CimStore.Disk;
using CimStore.Disk.Files;
using CimStore.Journal;
using CimStore.Objects;
using CimStore.Testing.Store;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace CimStore.Adapters.Tests.Store;

/// <summary>The ids of commands are forgotten by count and by age, the same in an index made anew.</summary>
public sealed class RememberedCommandTests
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 23, 0, 0, 0, TimeSpan.Zero));
    private readonly List<JournalEntry> _entries = [];
    private int _seed;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact, Trait("row", "G1")]
    public async Task The_last_ones_are_remembered_and_an_index_made_anew_remembers_the_same()
    {
        using var directory = new TempDirectory();
        await using (var store = await OpenAsync(directory))
        {
            await RememberAsync(store, 12, together: 1);
        }

        await using (var store = await OpenAsync(directory))
        {
            await RememberAsync(store, 12, together: 4);
            await AssertRemembersAsync(store, 5);
            Assert.Empty(await store.CheckAsync(Token));
        }

        Directory.Delete(Path.Combine(directory.Path, "index"), recursive: true);
        await using var again = await OpenAsync(directory);
        await AssertRemembersAsync(again, 5);
        Assert.Empty(await again.CheckAsync(Token));
    }

    [Fact]
    public async Task What_is_older_than_the_window_is_forgotten_two_at_a_time()
    {
        using var directory = new TempDirectory();
        await using var store = await OpenAsync(directory);
        await RememberAsync(store, 4, together: 1);
        Assert.Null(store.CommandsForgottenUntil);
        _time.Advance(CommandRetention.Window + TimeSpan.FromMinutes(1));

        await RememberAsync(store, 1, together: 1);
        await AssertRemembersAsync(store, 3);
        await RememberAsync(store, 1, together: 1);

        await AssertRemembersAsync(store, 2);
        Assert.Empty(await store.CheckAsync(Token));
    }

    [Fact]
    public async Task An_index_of_the_version_before_is_made_anew()
    {
        Assert.Null(Disk.Catalog.Progress.Read([2, 0, 0]));
        using var directory = new TempDirectory();
        await using var store = await OpenAsync(directory);
        await RememberAsync(store, 1, together: 1);
        await AssertRemembersAsync(store, 1);
    }

    private async Task AssertRemembersAsync(DiskStore store, int last)
    {
        foreach (var (entry, index) in _entries.Select((entry, index) => (entry, index)))
        {
            var known = await store.FindCommandAsync(entry.Context.MessageId, Token);
            Assert.Equal(index >= _entries.Count - last ? entry.Lsn : null, known?.Lsn);
        }

        DateTimeOffset? forgotten = _entries.Count > last ? _entries[^(last + 1)].At : null;
        Assert.Equal(forgotten, store.CommandsForgottenUntil);
    }

    private async Task RememberAsync(DiskStore store, int count, int together)
    {
        var ids = new IdSource(_time);
        for (var done = 0; done < count; done += together)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            var changes = Enumerable.Range(0, together).Select(_ =>
            {
                var change = Sample.Store(ids, Sample.Bytes(_seed++, 40));
                return change with { Context = change.Context with { RequestDigest = new byte[16] } };
            });
            _entries.AddRange(await store.AppendAsync(changes.ToList(), Token));
        }
    }

    private ValueTask<DiskStore> OpenAsync(TempDirectory directory) => DiskStore.OpenAsync(
        Sample.Options(directory), _time, new DiskStoreParts(new PosixDisk(), null, null) { CommandsMax = 5 }, Token);
}
