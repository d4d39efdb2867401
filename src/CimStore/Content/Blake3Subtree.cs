using System.Runtime.CompilerServices;

namespace CimStore.Content;

/// <summary>
/// Subtrees of at most <see cref="ChunksMax"/> chunks: all chunks first, then one layer of parents after another, so
/// that every step fills as many lanes as the layer has nodes. Pairing neighbours and carrying an odd one up gives
/// exactly BLAKE3's tree, whose left side is always the largest power of two.
/// </summary>
internal static unsafe class Blake3Subtree
{
    /// <summary>256 KiB of content: 256 × 32 bytes = 8 KiB of chaining values, well within a cache.</summary>
    public const int ChunksMax = 256;

    /// <summary>Writes the chaining value of each chunk, the last of which may be short.</summary>
    /// <returns>How many chunks there were.</returns>
    [SkipLocalsInit]
    public static int HashChunks(in Blake3Mode mode, byte* input, int length, ulong firstChunk, byte* cvs)
    {
        Unsafe.SkipInit(out Blake3Jobs jobs);
        jobs.Clear();
        var lanes = Blake3Dispatch.LanesOf(mode.Path);
        var chunks = 0;
        fixed (uint* key = mode.Key)
        {
            for (; length > 0; chunks++)
            {
                var size = Math.Min(length, Blake3Words.ChunkSizeBytes);
                var output = cvs + (chunks * Blake3Words.CvSizeBytes);
                jobs.AddChunk(input, (uint)size, firstChunk + (uint)chunks, mode.Flags, Blake3Words.ChunkEnd, output);
                input += size;
                length -= size;
                if (jobs.Count == lanes || length == 0)
                {
                    Blake3Dispatch.Run(mode.Path, &jobs, key, Blake3Words.ChunkStart);
                }
            }
        }

        return chunks;
    }

    /// <summary>Writes the parents of one layer, and its odd last value as it is. Layers may share memory.</summary>
    /// <returns>The size of the layer above.</returns>
    [SkipLocalsInit]
    public static int HashLayer(in Blake3Mode mode, byte* cvs, int count, byte* parents)
    {
        Unsafe.SkipInit(out Blake3Jobs jobs);
        jobs.Clear();
        var lanes = Blake3Dispatch.LanesOf(mode.Path);
        var pairs = count / 2;
        fixed (uint* key = mode.Key)
        {
            for (var pair = 0; pair < pairs; pair++)
            {
                var output = parents + (pair * Blake3Words.CvSizeBytes);
                var flags = mode.Flags | Blake3Words.Parent;
                jobs.Add(cvs + (pair * Blake3Words.BlockSizeBytes), 0, 0, flags, 0, output);
                if (jobs.Count == lanes || pair == pairs - 1)
                {
                    Blake3Dispatch.Run(mode.Path, &jobs, key, 0);
                }
            }
        }

        if (count % 2 == 1)
        {
            var odd = cvs + (2 * pairs * Blake3Words.CvSizeBytes);
            Buffer.MemoryCopy(odd, parents + (pairs * Blake3Words.CvSizeBytes), 32, Blake3Words.CvSizeBytes);
        }

        return pairs + (count % 2);
    }

    /// <summary>Works up from a layer until at most <paramref name="target"/> values are left, in place.</summary>
    public static int Reduce(in Blake3Mode mode, byte* cvs, int count, int target)
    {
        while (count > target)
        {
            count = HashLayer(mode, cvs, count, cvs);
        }

        return count;
    }

    /// <summary>The last compression of a whole content of at most <see cref="ChunksMax"/> chunks.</summary>
    [SkipLocalsInit]
    public static void Root(in Blake3Mode mode, byte* input, int length, out Blake3Root root)
    {
        if (length <= Blake3Words.ChunkSizeBytes)
        {
            root = Blake3Root.OfChunk(mode, input, (uint)length);
            return;
        }

        var cvs = stackalloc byte[ChunksMax * Blake3Words.CvSizeBytes];
        var count = HashChunks(mode, input, length, 0, cvs);
        Reduce(mode, cvs, count, 2);
        root = Blake3Root.OfPair(mode, cvs);
    }
}
