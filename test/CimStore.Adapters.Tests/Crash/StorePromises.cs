using System.Buffers;
using CimStore.Content;
using CimStore.Disk;
using CimStore.Disk.Files;
using CimStore.Journal;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Testing.Disk;
using CimStore.Testing.Store;
using Xunit;

namespace CimStore.Adapters.Tests.Crash;

/// <summary>
/// What a workload on the whole store was promised, and whether a disk keeps it. The index lives on the real file
/// system: it is what the store that lost its power had, what it had at an earlier clean stop, or nothing.
/// </summary>
internal sealed class StorePromises : IDisposable
{
    public const string DataDirectory = "/data";

    private static readonly IdSource Ids = new(new FixedTime());

    private readonly Dictionary<string, Expected> _contents = new(StringComparer.Ordinal);
    // Hundreds of indexes are made, none of which has to survive.
    private readonly TempDirectory _room = TempDirectory.InMemory();

    public StorePromises()
    {
    }

    private StorePromises(StorePromises other) => _contents = new(other._contents, StringComparer.Ordinal);

    /// <summary>The index of the running store.</summary>
    public string Index => Path.Combine(_room.Path, "index");

    private string Older => Path.Combine(_room.Path, "older");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static ValueTask<DiskStore> OpenAsync(IDisk disk, string index) => DiskStore.OpenAsync(
        new DiskStoreOptions
        {
            DataDirectory = DataDirectory,
            InlineSizeMaxBytes = 16 << 10,
            SegmentBytes = 64 << 10,
            IndexMemoryBytes = 1 << 20,
            IndexCacheBytes = 1 << 20,
        },
        new FixedTime(),
        new DiskStoreParts(disk, index, static log => log.RecycledSegmentsMax = 1),
        Token);

    /// <summary>Keeps the index as it is after a clean stop: a later start may find it in place of the last.</summary>
    public void KeepOlderIndex() => Copy(Index, Older);

    public async Task StoreAsync(DiskStore store, params byte[][] contents)
    {
        foreach (var content in contents)
        {
            _contents[KeyOf(content)] = new Expected(content, Mode.Either, IsLarge: false);
        }

        await store.AppendAsync([.. contents.Select(static content => Sample.Store(Ids, content))], Token);
        Note(contents, Mode.Present);
    }

    public async Task StoreLargeAsync(DiskStore store, byte[] content)
    {
        await using var staged = await store.StageAsync(null, Token);
        await staged.WriteAsync(content, Token);
        await staged.WriteTreeAsync(TreeOf(content), Token);
        await staged.SealAsync(Sample.Manifest(content), Token);
        _contents[KeyOf(content)] = new Expected(content, Mode.Either, IsLarge: true);
        var change = Sample.Store(Ids, content);
        await store.AppendAsync([change with { Content = new AdmittedContent.Staged(staged) }], Token);
        Note([content], Mode.Present);
    }

    /// <summary>Deletes without grace and gives the bytes up.</summary>
    public async Task DeleteAsync(DiskStore store, params byte[][] contents)
    {
        var records = await FindAsync(store, contents);
        Note(contents, Mode.Either);
        await store.AppendAsync(
            [.. records.Select(static record => Sample.Delete(Ids, record, DateTimeOffset.UnixEpoch))], Token);
        Note(contents, Mode.Absent);
        records = await FindAsync(store, contents);
        await store.AppendAsync([.. records.SelectMany(static record => Sample.Release(Ids, record))], Token);
        Note(contents, Mode.Released);
    }

    /// <summary>The store said that nothing was stored: nothing of it may be seen.</summary>
    public void Refused(params byte[][] contents) => Note(contents, Mode.Absent);

    /// <summary>Opens what is left, looks, goes on, and looks again after one more cut.</summary>
    /// <remarks>What is promised on the way belongs to this fate alone.</remarks>
    public async Task VerifyAsync(SimulatedDisk left, int seed)
    {
        using var own = new StorePromises(this);
        await own.GoOnAsync(left, seed, this);
    }

    public void Dispose() => _room.Dispose();

    private async Task GoOnAsync(SimulatedDisk left, int seed, StorePromises before)
    {
        var random = new Random(seed);
        var which = (IndexKept)random.Next(3);
        before.TakeIndexTo(Index, which);
        if (random.Next(3) == 0)
        {
            left.PowerFailsAt = random.Next(12);
            await OpenAndFallAsync(left);
            left = left.PowerCut(seed);
        }

        await using (var store = await OpenAsync(left, Index))
        {
            await LookAsync(store, left, settle: true);
            Assert.True(which == IndexKept.Older || store.Warnings.IsEmpty, string.Join(' ', store.Warnings));
            if (seed % 3 == 0)
            {
                Assert.Empty(await store.CheckAsync(Token));
            }

            await StoreAsync(store, Sample.Bytes(90_001, 900));
            await StoreLargeAsync(store, Sample.Bytes(90_002, 9000));
            left = left.PowerCut(seed + 1);
        }

        // Whatever the first look wrote must not depend on luck either, with its index or without.
        if (random.Next(2) == 0)
        {
            Directory.Delete(Index, recursive: true);
        }

        await using var again = await OpenAsync(left, Index);
        await LookAsync(again, left, settle: false);
        Assert.Empty(again.Warnings);
        if (seed % 5 == 0)
        {
            Assert.Empty(await again.CheckAsync(Token));
        }
    }

    /// <summary>The power goes a second time, while the store opens or closes.</summary>
    private async Task OpenAndFallAsync(SimulatedDisk disk)
    {
        try
        {
            await using var store = await OpenAsync(disk, Index);
        }
        catch (Exception) when (disk.IsOff)
        {
            // However the store says it.
        }
    }

    /// <param name="settle">What may be either is from then on what it was found to be.</param>
    public async Task LookAsync(DiskStore store, IDisk disk, bool settle, bool isIdle = true)
    {
        Assert.All(
            store.Warnings, static warning => Assert.StartsWith("The index", warning, StringComparison.Ordinal));
        Assert.Empty(isIdle ? disk.List(DataDirectory + "/staging") : []);
        var found = new HashSet<string>(StringComparer.Ordinal);
        await foreach (var record in store.ListAsync(DedupDomain.Shared, null, Token))
        {
            var cid = record.Key.Cid.ToString();
            Assert.True(_contents.TryGetValue(cid, out var expected), $"{cid} is listed and was never asked for.");
            await AssertWholeAsync(store, record, expected);
            found.Add(cid);
        }

        foreach (var (cid, expected) in _contents.ToArray())
        {
            var isThere = found.Contains(cid);
            Assert.False(
                expected.Mode == Mode.Present && !isThere,
                $"{cid} was promised and is gone. {string.Join(' ', store.Warnings)}");
            Assert.False(
                expected.Mode is Mode.Absent or Mode.Released && isThere, $"{cid} was deleted and is back.");
            if (expected.Mode == Mode.Released)
            {
                Assert.Null(await Sample.ReadAsync(store, Sample.Key(expected.Content), Token));
            }
            else if (settle)
            {
                _contents[cid] = expected with { Mode = isThere ? Mode.Present : Mode.Absent };
            }
        }

        await AssertChainAsync(store);
    }

    private static async Task AssertChainAsync(DiskStore store)
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

    private static async Task AssertWholeAsync(DiskStore store, ObjectRecord record, Expected expected)
    {
        var copy = record.Copies.Single();
        Assert.True(
            (await Sample.ReadAsync(store, record.Key, Token)).AsSpan().SequenceEqual(expected.Content),
            $"{record.Key.Cid} is listed and is not whole.");
        if (expected.IsLarge)
        {
            var tree = TreeOf(expected.Content);
            var nodes = new byte[tree.Length];
            Assert.Equal(tree.Length, await store.ReadTreeAsync(record.Key, copy, 0, nodes, Token));
            Assert.True(nodes.AsSpan().SequenceEqual(tree), $"The tree of {record.Key.Cid} is not whole.");
        }
    }

    private static async Task<List<ObjectRecord>> FindAsync(DiskStore store, byte[][] contents)
    {
        var records = new List<ObjectRecord>();
        foreach (var content in contents)
        {
            records.Add((await store.FindAsync(Sample.Key(content), Token))!);
        }

        return records;
    }

    private static byte[] TreeOf(byte[] content)
    {
        var nodes = new ArrayBufferWriter<byte>();
        Blake3Outboard.Build(content, new byte[32], nodes);

        // Outboard groups are 16 KiB: content of a test may have no node. What is kept is bytes, whatever they say.
        nodes.Write(content.AsSpan(0, 64));
        return nodes.WrittenSpan.ToArray();
    }

    private static string KeyOf(byte[] content) => Sample.Key(content).Cid.ToString();

    private void Note(byte[][] contents, Mode mode)
    {
        foreach (var content in contents)
        {
            var key = KeyOf(content);
            _contents[key] = new Expected(content, mode, _contents.TryGetValue(key, out var known) && known.IsLarge);
        }
    }

    private void TakeIndexTo(string path, IndexKept which)
    {
        var source = which switch
        {
            IndexKept.Last => Index,
            IndexKept.Older => Older,
            _ => "",
        };
        Copy(source, path);
    }

    private static void Copy(string from, string to)
    {
        if (!Directory.Exists(from))
        {
            return;
        }

        Directory.CreateDirectory(to);
        foreach (var file in Directory.EnumerateFiles(from))
        {
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)), overwrite: true);
        }
    }

    private enum Mode
    {
        Either,
        Present,
        Absent,
        Released,
    }

    private enum IndexKept
    {
        Last,
        Older,
        None,
    }

    private readonly record struct Expected(byte[] Content, Mode Mode, bool IsLarge);
}
