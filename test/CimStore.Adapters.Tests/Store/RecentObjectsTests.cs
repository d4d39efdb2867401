using CimStore.Disk;
using CimStore.Disk.Catalog;
using CimStore.Disk.Log;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Testing.Store;
using Xunit;

namespace CimStore.Adapters.Tests.Store;

/// <summary>What is remembered of the index is never anything but what the index says.</summary>
public sealed class RecentObjectsTests
{
    private static readonly IdSource Ids = new(TimeProvider.System);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void A_record_and_its_place_are_found_until_the_object_changes()
    {
        var recent = new RecentObjects();
        var record = Record(1);
        var place = new Place(PlaceKind.Inline, new LogPosition(7, 4096, 300), 100, Guid.Empty);
        recent.Add(record, recent.Version(record.Key));
        recent.Find(record.Key)!.Remember(5, place);

        Assert.Same(record, recent.Find(record.Key)!.Record);
        Assert.Equal(place, recent.Find(record.Key)!.PlaceOf(5));
        Assert.Null(recent.Find(record.Key)!.PlaceOf(6));
        Assert.Null(recent.Find(Record(2).Key));

        recent.Forget(record.Key);

        Assert.Null(recent.Find(record.Key));
    }

    [Fact]
    public void A_record_read_before_the_object_changed_is_not_kept()
    {
        var recent = new RecentObjects();
        var record = Record(1);
        var version = recent.Version(record.Key);

        recent.Forget(record.Key);
        recent.Add(record, version);

        Assert.Null(recent.Find(record.Key));
    }

    [Fact]
    public void However_many_are_added_so_many_are_kept_and_each_is_its_own()
    {
        var recent = new RecentObjects();
        var records = Enumerable.Range(0, 2 * RecentObjects.CountMax).Select(Record).ToList();

        records.ForEach(record => recent.Add(record, recent.Version(record.Key)));

        var kept = records.Select(record => (record, recent.Find(record.Key))).Where(pair => pair.Item2 is not null);
        Assert.All(kept, pair => Assert.Same(pair.record, pair.Item2!.Record));
        Assert.InRange(kept.Count(), RecentObjects.CountMax / 2, RecentObjects.CountMax);
        Assert.NotNull(recent.Find(records[^1].Key));
    }

    [Fact]
    public async Task What_was_read_before_is_read_where_compaction_put_it()
    {
        using var directory = new TempDirectory();
        var options = new DiskStoreOptions
        {
            DataDirectory = directory.Path,
            ForceUnsafe = true,
            SegmentBytes = 64 << 10,
            RecycledSegmentsMax = 4,
        };
        await using var store = await DiskStore.OpenAsync(options, TimeProvider.System, Token);
        var contents = Enumerable.Range(0, 100).Select(seed => Sample.Bytes(seed, 3000)).ToList();
        foreach (var content in contents)
        {
            await store.AppendAsync([Sample.Store(Ids, content)], Token);
            Assert.Equal(content, await Sample.ReadAsync(store, Sample.Key(content), Token));
        }

        for (var index = 0; index < contents.Count; index++)
        {
            if (index % 5 != 0)
            {
                await ReleaseAsync(store, Sample.Key(contents[index]));
            }
        }

        Assert.True(await store.CompactAsync(Token) > 0);

        // Fills the recycled segments, so that a place that is out of date would show other bytes.
        for (var seed = 1000; seed < 1100; seed++)
        {
            await store.AppendAsync([Sample.Store(Ids, Sample.Bytes(seed, 3000))], Token);
        }

        for (var index = 0; index < contents.Count; index++)
        {
            var expected = index % 5 == 0 ? contents[index] : null;
            Assert.Equal(expected, await Sample.ReadAsync(store, Sample.Key(contents[index]), Token));
        }
    }

    [Fact]
    public async Task A_record_that_was_read_shows_what_happened_since()
    {
        using var directory = new TempDirectory();
        await using var store = await Sample.OpenAsync(directory);
        var content = Sample.Bytes(1, 3000);
        await store.AppendAsync([Sample.Store(Ids, content)], Token);
        var stored = await store.FindAsync(Sample.Key(content), Token);
        Assert.Same(stored, await store.FindAsync(Sample.Key(content), Token));

        await store.AppendAsync([Sample.Delete(Ids, stored!, DateTimeOffset.UnixEpoch)], Token);
        var deleted = await store.FindAsync(Sample.Key(content), Token);
        await store.AppendAsync(Sample.Release(Ids, deleted!), Token);
        var released = await store.FindAsync(Sample.Key(content), Token);

        Assert.True(stored!.IsPresent);
        Assert.False(deleted!.IsPresent);
        Assert.NotNull(released!.Tombstone!.Released);
    }

    private static async Task ReleaseAsync(DiskStore store, ContentKey key)
    {
        var record = await store.FindAsync(key, Token);
        await store.AppendAsync([Sample.Delete(Ids, record!, DateTimeOffset.UnixEpoch)], Token);
        record = await store.FindAsync(key, Token);
        await store.AppendAsync(Sample.Release(Ids, record!), Token);
    }

    private static ObjectRecord Record(int seed)
    {
        var key = Sample.Key(BitConverter.GetBytes(seed));
        return new ObjectRecord
        {
            Key = key,
            SizeBytes = sizeof(int),
            Root = key.Cid,
            Created = new Lsn(1),
            CreatedAt = DateTimeOffset.UnixEpoch,
            Revision = new Lsn(1),
        };
    }
}
