using System.Collections.Immutable;
using CimStore.Disk.Pool;
using CimStore.Locations;

namespace CimStore.Adapters.Tests.Pool;

/// <summary>A pool in directories of its own, which a test may damage.</summary>
internal sealed class PoolFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cimstore-pool-");

    public PoolFolder(int dataShards = 4, int parityShards = 4, int sets = 1)
    {
        Options = new PoolOptions
        {
            Id = new LocationId("pool"),
            DataShards = dataShards,
            ParityShards = parityShards,
            Sets = [.. Enumerable.Range(0, sets).Select(set => Paths(set, dataShards + parityShards))],
            StateDirectory = Path.Combine(_folder.FullName, "state"),
            ForceUnsafe = true,
            SegmentBytes = 4 << 20,
            Traits = new LocationTraits
            {
                Tier = StorageTier.Warm,
                Medium = "hdd",
                Labels = ImmutableDictionary<string, string>.Empty,
                PartsNeeded = dataShards,
            },
        };
    }

    public PoolOptions Options { get; set; }

    public string Path0(int shard, int set = 0) => Options.Sets[set][shard];

    public ValueTask<PoolLocation> OpenAsync(TimeProvider? time = null) =>
        PoolLocation.OpenAsync(Options, time ?? TimeProvider.System, CancellationToken.None);

    /// <summary>As when the disk is not mounted: the place is there, and nothing in it.</summary>
    public void Lose(int shard)
    {
        Directory.Delete(Path0(shard), recursive: true);
        Directory.CreateDirectory(Path0(shard));
    }

    /// <summary>As when the disks are unmounted and the places with them.</summary>
    public void TakeAway(params int[] shards)
    {
        foreach (var shard in shards)
        {
            Directory.Move(Path0(shard), Path0(shard) + "-away");
        }
    }

    public void BringBack(params int[] shards)
    {
        foreach (var shard in shards)
        {
            Directory.Move(Path0(shard) + "-away", Path0(shard));
        }
    }

    /// <summary>Flips one bit of every file of the shard that holds content, in the middle.</summary>
    /// <param name="shard">Which.</param>
    /// <param name="inRecord">Where in the first record of a log.</param>
    public int Rot(int shard, int inRecord = 100)
    {
        var files = Directory.EnumerateFiles(Path0(shard), "*.blob", SearchOption.AllDirectories)
            .Concat(Directory.EnumerateFiles(Path0(shard), "*.seg", SearchOption.AllDirectories)).ToList();
        foreach (var file in files)
        {
            using var stream = File.Open(file, FileMode.Open, FileAccess.ReadWrite);
            var isLog = file.EndsWith(".seg", StringComparison.Ordinal);
            stream.Position = isLog ? 4096 + 128 + inRecord : 4096 + 1000;
            var value = stream.ReadByte();
            stream.Position--;
            stream.WriteByte((byte)(value ^ 0x40));
        }

        return files.Count;
    }

    public ImmutableArray<string> Paths(int set, int count) =>
        [.. Enumerable.Range(0, count).Select(index => Path.Combine(_folder.FullName, $"s{set}d{index}"))];

    public void Dispose() => _folder.Delete(recursive: true);
}
