using System.Buffers;
using System.Collections.Immutable;
using CimStore.Content;
using CimStore.Disk.Pool;
using CimStore.Locations;

namespace CimStore.Bench.Tiers;

/// <summary>A pool of 4+4 over eight directories of the disk under test.</summary>
internal static class BenchPool
{
    public static PoolOptions Options(string folder) => new()
    {
        Id = new LocationId("pool"),
        Sets = [[.. Enumerable.Range(0, 8).Select(index => Path.Combine(folder, $"d{index}"))]],
        StateDirectory = Path.Combine(folder, "state"),
        ForceUnsafe = true,
        Traits = new LocationTraits
        {
            Tier = StorageTier.Warm,
            Medium = "unknown",
            Labels = ImmutableDictionary<string, string>.Empty,
            PartsNeeded = 4,
        },
    };

    public static ValueTask<PoolLocation> OpenAsync(string folder) =>
        PoolLocation.OpenAsync(Options(folder), TimeProvider.System, CancellationToken.None);

    /// <summary>Hashes, cuts, codes, writes and syncs, as the engine does; its hash and tree are made before.</summary>
    public static async Task<(ContentKey Key, Copy Copy)> PutAsync(PoolLocation pool, Named content)
    {
        const int PieceBytes = 1 << 20;
        await using var staged = await pool.StageAsync(content.Bytes.Length, CancellationToken.None);
        for (var at = 0; at < content.Bytes.Length; at += PieceBytes)
        {
            var piece = content.Bytes.AsMemory(at, Math.Min(PieceBytes, content.Bytes.Length - at));
            await staged.WriteAsync(piece, CancellationToken.None);
        }

        await staged.WriteTreeAsync(content.Tree, CancellationToken.None);
        var manifest = new CopyManifest(ContentKey.Shared(content.Cid), content.Bytes.Length, content.Cid);
        var sealedCopy = await staged.SealAsync(manifest, CancellationToken.None);
        return (
            manifest.Key,
            new Copy(pool.Id, sealedCopy.Incarnation, CopyState.Verified, sealedCopy.Header, DateTimeOffset.UnixEpoch));
    }

    internal sealed record Named(byte[] Bytes, Cid Cid, ReadOnlyMemory<byte> Tree)
    {
        public static Named Of(byte[] bytes)
        {
            var nodes = new ArrayBufferWriter<byte>();
            var root = new byte[Blake3.HashSizeBytes];
            Blake3Outboard.Build(bytes, root, nodes);
            return new Named(bytes, Cid.ForRaw(root), nodes.WrittenMemory);
        }
    }
}
