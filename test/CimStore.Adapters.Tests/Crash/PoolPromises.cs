using System.Collections.Immutable;
using CimStore.Disk.Pool;
using CimStore.Locations;
using CimStore.Testing.Disk;
using CimStore.Testing.Store;
using Xunit;

namespace CimStore.Adapters.Tests.Crash;

/// <summary>
/// What a workload on a pool of 2+1 was promised, and whether the disks keep it. All three directories lose their power
/// at once. The index lives on the real file system: it is what the pool had that lost its power, or nothing.
/// </summary>
internal sealed class PoolPromises : IDisposable
{
    private const int DataShards = 2;
    private const int ParityShards = 1;

    private readonly Dictionary<(ContentKey Key, ulong Incarnation), Expected> _copies = [];
    private readonly TempDirectory _room = TempDirectory.InMemory();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Index => Path.Combine(_room.Path, "index");

    private string Last => Path.Combine(_room.Path, "last");

    public PoolOptions Options => new()
    {
        Id = new LocationId("pool"),
        DataShards = DataShards,
        ParityShards = ParityShards,
        Sets = [["/pool/0", "/pool/1", "/pool/2"]],
        StateDirectory = _room.Path,
        BlockBytes = 4096,
        InlineSizeMaxBytes = 16 << 10,
        SegmentBytes = 64 << 10,
        Traits = new LocationTraits
        {
            Tier = StorageTier.Warm,
            Medium = "hdd",
            Labels = ImmutableDictionary<string, string>.Empty,
            PartsNeeded = DataShards,
        },
    };

    public ValueTask<PoolLocation> OpenAsync(SimulatedDisk disk) =>
        PoolLocation.OpenAsync(Options, new FixedTime(), disk, Token);

    public async Task<Copy> StoreAsync(PoolLocation pool, byte[] content)
    {
        await using var staged = await pool.StageAsync(null, Token);
        await staged.WriteAsync(content, Token);
        if (content.Length > pool.InlineSizeMaxBytes)
        {
            await staged.WriteTreeAsync(Sample.Tree(content), Token);
        }

        var manifest = Sample.Manifest(content);
        var held = await staged.SealAsync(manifest, Token);
        Assert.Equal(DataShards + ParityShards, held.Parts);
        var copy = new Copy(pool.Id, held.Incarnation, CopyState.Verified, held.Header, DateTimeOffset.UnixEpoch);
        _copies[(manifest.Key, held.Incarnation)] = new Expected(content, copy, Mode.Present);
        return copy;
    }

    public async Task ReleaseAsync(PoolLocation pool, byte[] content, Copy copy)
    {
        var key = (Sample.Key(content), copy.Incarnation);
        _copies[key] = _copies[key] with { Mode = Mode.Either };
        await pool.ReleaseAsync(key.Item1, copy.Incarnation, Token);
        _copies[key] = _copies[key] with { Mode = Mode.Absent };
    }

    /// <summary>Opens what is left, looks, tidies up, and looks again after one more cut.</summary>
    public async Task VerifyAsync(SimulatedDisk left, int seed)
    {
        var random = new Random(seed);
        KeepLast();
        TakeIndex(random.Next(2) == 0);
        if (random.Next(3) == 0)
        {
            left.PowerFailsAt = random.Next(12);
            await OpenAndFallAsync(left);
            left = left.PowerCut(seed);
            TakeIndex(random.Next(2) == 0);
        }

        await using (var pool = await OpenAsync(left))
        {
            await LookAsync(pool, left);
            await pool.TidyAsync(Token);
            await LookAsync(pool, left);
            left = left.PowerCut(seed + 1);
        }

        // Made anew from what compaction left: nothing that was given up comes back.
        Directory.Delete(Index, recursive: true);
        await using var again = await OpenAsync(left);
        await LookAsync(again, left);
    }

    public void Dispose() => _room.Dispose();

    private async Task OpenAndFallAsync(SimulatedDisk disk)
    {
        try
        {
            await using var pool = await OpenAsync(disk);
            await pool.TidyAsync(Token);
        }
        catch (Exception) when (disk.IsOff)
        {
            // However the pool says it.
        }
    }

    private async Task LookAsync(PoolLocation pool, SimulatedDisk disk)
    {
        Assert.Equal(0, pool.DirectoriesAway);
        Assert.All(Options.Sets[0], directory => Assert.Empty(disk.List(directory + "/staging")));
        var listed = new HashSet<(ContentKey, ulong)>();
        await foreach (var held in pool.ListCopiesAsync(null, Token))
        {
            listed.Add((held.Manifest.Key, held.Manifest.Incarnation));
        }

        foreach (var (id, expected) in _copies)
        {
            Assert.False(
                expected.Mode == Mode.Absent && listed.Contains(id), $"{id.Key.Cid} was given up and is back.");
            if (expected.Mode == Mode.Present)
            {
                Assert.True(listed.Contains(id), $"{id.Key.Cid} was promised and is gone.");
                await AssertWholeAsync(pool, id.Key, expected);
            }
        }
    }

    private static async Task AssertWholeAsync(PoolLocation pool, ContentKey key, Expected expected)
    {
        var read = new byte[expected.Content.Length + 1];
        Assert.Equal(expected.Content.Length, await pool.ReadAsync(key, expected.Copy, 0, read, Token));
        Assert.True(
            read.AsSpan(0, expected.Content.Length).SequenceEqual(expected.Content), $"{key.Cid} is not whole.");
        var held = await pool.DescribeAsync(key, expected.Copy, Token);
        Assert.Equal(DataShards + ParityShards, held?.Parts);
        if (expected.Content.Length > pool.InlineSizeMaxBytes)
        {
            var tree = Sample.Tree(expected.Content);
            var nodes = new byte[tree.Length];
            Assert.Equal(tree.Length, await pool.ReadTreeAsync(key, expected.Copy, 0, nodes, Token));
            Assert.True(nodes.AsSpan().SequenceEqual(tree), $"The tree of {key.Cid} is not whole.");
        }
    }

    private void KeepLast()
    {
        if (!Directory.Exists(Last))
        {
            Directory.CreateDirectory(Last);
            Copy(Index, Last);
        }
    }

    private void TakeIndex(bool isLast)
    {
        if (Directory.Exists(Index))
        {
            Directory.Delete(Index, recursive: true);
        }

        if (isLast)
        {
            Directory.CreateDirectory(Index);
            Copy(Last, Index);
        }
    }

    private static void Copy(string from, string to)
    {
        foreach (var file in Directory.Exists(from) ? Directory.EnumerateFiles(from) : [])
        {
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)), overwrite: true);
        }
    }

    private enum Mode
    {
        Either,
        Present,
        Absent,
    }

    private readonly record struct Expected(byte[] Content, Copy Copy, Mode Mode);
}
