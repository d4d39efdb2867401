using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace CimStore.Engine;

/// <summary>Hints to the processor; they change no result.</summary>
internal static unsafe class ProcessorCache
{
    private const int LineSizeBytes = 64;

    /// <summary>Further on, the processor has seen by itself that the bytes are read in order.</summary>
    private const int AheadSizeBytesMax = 4096;

    /// <summary>
    /// Asks for the bytes without waiting for them: 4 KiB out of a large cache are some 70 lines, each 100 ns away, and
    /// a copy that asks for them as it goes waits longer than for all of them at once.
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
        for (var offset = 0; offset < size; offset += LineSizeBytes)
        {
            Sse.Prefetch0(start + offset);
        }
    }
}
