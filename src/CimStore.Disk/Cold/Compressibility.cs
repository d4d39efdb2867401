using System.Buffers;
using ZstdSharp;

namespace CimStore.Disk.Cold;

/// <summary>Whether to compress content, judged by how it begins. The same bytes give the same answer.</summary>
internal static class Compressibility
{
    /// <summary>What is looked at; more is ignored. A frame, so that the judgement sees what a frame sees.</summary>
    public const int SampleSizeBytes = SeekableZstd.FrameSizeBytes;

    /// <summary>Less than 1/16 saved is not worth inflating at each read.</summary>
    public const int SavedFraction = 16;

    // zstd's fastest: it sees what shrinks, and by how much is the writer's affair.
    private const int Level = 1;

    /// <param name="beginning">The first bytes of the content: the first MiB, or all of it when it is shorter.</param>
    /// <returns>False also for content that is too short to shrink by more than the seek table takes.</returns>
    public static bool Pays(ReadOnlySpan<byte> beginning)
    {
        var sample = beginning[..Math.Min(beginning.Length, SampleSizeBytes)];
        var room = sample.Length - (sample.Length / SavedFraction) - (int)SeekableZstd.TableBytes(1);
        if (room <= 0)
        {
            return false;
        }

        var stored = ArrayPool<byte>.Shared.Rent(room);
        try
        {
            using var compressor = new Compressor(Level);
            return compressor.TryWrap(sample, stored.AsSpan(0, room), out _);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(stored);
        }
    }
}
