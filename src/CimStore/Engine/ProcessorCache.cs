using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using CimStore.Content;

namespace CimStore.Engine;

/// <summary>Hints to the processor; they change no result.</summary>
internal static unsafe class ProcessorCache
{
    private const int LineSizeBytes = 64;

    /// <summary>Further on in a content, the processor has seen by itself that the bytes are read in order.</summary>
    private const int AheadSizeBytesMax = 4096;

    /// <summary>
    /// Asks for the first bytes of each chunk without waiting for them: 4 KiB out of a large cache are some 70 lines,
    /// each up to 100 ns away. Further on in a chunk hashing asks for them, or the processor has seen the order.
    /// </summary>
    public static void Fetch(byte[] bytes)
    {
        if (!Sse.IsSupported)
        {
            return;
        }

        // Not pinned: should the bytes move meanwhile, other lines are fetched, to no harm.
        var start = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(bytes));
        var size = Math.Min(bytes.Length, AheadSizeBytesMax);
        for (var line = 0; line < Blake3FourByRows.AheadSizeBytes; line += LineSizeBytes)
        {
            for (var offset = line; offset < size; offset += Blake3Words.ChunkSizeBytes)
            {
                Sse.Prefetch0(start + offset);
            }
        }
    }
}
