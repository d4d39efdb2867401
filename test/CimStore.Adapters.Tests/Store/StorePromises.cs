using CimStore.Content;
using CimStore.Disk;
using CimStore.Disk.Files;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Testing.Disk;
using CimStore.Testing.Store;
using Xunit;

namespace CimStore.Adapters.Tests.Store;

/// <summary>What a workload on a store was promised, and whether a disk keeps it, with the index and without.</summary>
internal sealed class StorePromises
{
    private readonly Dictionary<Cid, byte[]> _asked = [];
    private readonly HashSet<Cid> _stored = [];
    private readonly HashSet<Cid> _releaseAsked = [];
    private readonly HashSet<Cid> _released = [];
    private readonly HashSet<Cid> _large = [];
    private readonly IdSource _ids = new(new FixedTime());

    // The files of the index as they were when the power went: it lives outside the simulated disk.
    private readonly Dictionary<string, byte[]> _index = new(StringComparer.Ordinal);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static ValueTask<DiskStore> OpenAsync(IDisk disk, string index)
    {
        var options = new DiskStoreOptions
        {
            DataDirectory = "/data/store",
            SegmentBytes = 64 << 10,
            IndexMemoryBytes = 1 << 20,
            IndexCacheBytes = 1 << 20,
        };
        return DiskStore.OpenAsync(
            options, new FixedTime(), new DiskStoreParts(disk, index, o => o.IdleMarkDelay = TimeSpan.Zero), Token);
    }

    public async Task StoreAsync(DiskStore store, byte[] content)
    {
        var cid = Sample.Key(content).Cid;
        _asked[cid] = content;
        await store.AppendAsync([Sample.Store(_ids, content)], Token);
        _stored.Add(cid);
    }

    public async Task StoreLargeAsync(DiskStore store, byte[] content)
    {
        var cid = Sample.Key(content).Cid;
        _asked[cid] = content;
        await using var staged = await Sample.StageAsync(store, content, Token);
        _large.Add(cid);
        await store.AppendAsync([Sample.StoreStaged(_ids, content, staged)], Token);
        _stored.Add(cid);
    }

    public async Task DeleteAndReleaseAsync(DiskStore store, byte[] content)
    {
        var key = Sample.Key(content);
        _releaseAsked.Add(key.Cid);
        var record = await store.FindAsync(key, Token);
        await store.AppendAsync([Sample.Delete(_ids, record!, DateTimeOffset.UnixEpoch)], Token);
        record = await store.FindAsync(key, Token);
        await store.AppendAsync(Sample.Release(_ids, record!), Token);
        _released.Add(key.Cid);
    }

    public void Keep(string index)
    {
        foreach (var file in Directory.EnumerateFiles(index))
        {
            _index[Path.GetFileName(file)] = File.ReadAllBytes(file);
        }
    }

    public async Task VerifyAsync(SimulatedDisk left, int seed)
    {
        using var index = TempDirectory.InMemory();
        foreach (var (name, bytes) in seed % 2 == 0 ? _index : [])
        {
            await File.WriteAllBytesAsync(Path.Combine(index.Path, name), bytes, Token);
        }

        await using (var store = await OpenAsync(left, index.Path))
        {
            await LookAsync(store);
            await StoreAsync(store, Sample.Bytes(seed + 100_000, 3000));
        }

        // Whatever the first look wrote must not depend on luck either.
        await using var again = await OpenAsync(left.PowerCut(seed), index.Path);
        await LookAsync(again);
        if (seed % 5 == 0)
        {
            Assert.Empty(await again.CheckAsync(Token));
        }

        _stored.Remove(Sample.Key(Sample.Bytes(seed + 100_000, 3000)).Cid);
    }

    private async Task LookAsync(DiskStore store)
    {
        Assert.Empty(store.Warnings);
        foreach (var cid in _stored)
        {
            var bytes = await Sample.ReadAsync(store, ContentKey.Shared(cid), Token);
            if (_released.Contains(cid))
            {
                Assert.Null(bytes);
            }
            else if (bytes is not null || !_releaseAsked.Contains(cid))
            {
                Assert.Equal(_asked[cid], bytes);
                await LookAtTreeAsync(store, cid);
            }
        }

        await foreach (var record in store.ListAsync(DedupDomain.Shared, null, Token))
        {
            Assert.Equal(_asked[record.Key.Cid], await Sample.ReadAsync(store, record.Key, Token));
        }

        await LookAtChainAsync(store);
    }

    private async Task LookAtTreeAsync(DiskStore store, Cid cid)
    {
        var record = await store.FindAsync(ContentKey.Shared(cid), Token);
        var expected = Sample.Tree(_asked[cid]);
        var tree = new byte[expected.Length];
        if (await store.ReadTreeAsync(record!.Key, record.Copies[0], 0, tree, Token) is { } read)
        {
            Assert.Equal(expected.Length, read);
            Assert.Equal(expected, tree);
        }
        else
        {
            Assert.DoesNotContain(cid, _large);
        }
    }

    private static async Task LookAtChainAsync(DiskStore store)
    {
        Cid? previous = null;
        var expected = 1UL;
        await foreach (var entry in store.ReadAsync(Lsn.None, Token))
        {
            Assert.Equal(expected++, entry.Lsn.Value);
            Assert.Equal(previous, entry.PreviousCid);
            previous = entry.EventCid;
        }
    }
}
