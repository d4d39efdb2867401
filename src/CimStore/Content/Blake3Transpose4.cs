using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace CimStore.Content;

/// <summary>4 rows to 4 lanes and back, for both kinds of 128-bit lanes.</summary>
internal static unsafe class Blake3Transpose4
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void LoadBlocks(ulong* inputs, nint offset, Vector128<uint>* message)
    {
        for (var quarter = 0; quarter < 4; quarter++)
        {
            var start = (ulong)offset + (16UL * (ulong)quarter);
            Transpose(
                Vector128.Load((uint*)(inputs[0] + start)),
                Vector128.Load((uint*)(inputs[1] + start)),
                Vector128.Load((uint*)(inputs[2] + start)),
                Vector128.Load((uint*)(inputs[3] + start)),
                message + (4 * quarter));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void StoreCvs(Vector128<uint>* words, ulong* outputs)
    {
        var rows = stackalloc Vector128<uint>[8];
        Transpose(words[0], words[1], words[2], words[3], rows);
        Transpose(words[4], words[5], words[6], words[7], rows + 4);
        for (var lane = 0; lane < 4; lane++)
        {
            rows[lane].Store((uint*)outputs[lane]);
            rows[lane + 4].Store((uint*)outputs[lane] + 4);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Transpose(
        Vector128<uint> row0,
        Vector128<uint> row1,
        Vector128<uint> row2,
        Vector128<uint> row3,
        Vector128<uint>* columns)
    {
        // Neighbours in pairs of 32 bits, then those pairs in pairs of 64.
        var low02 = ZipLow(row0, row2);
        var high02 = ZipHigh(row0, row2);
        var low13 = ZipLow(row1, row3);
        var high13 = ZipHigh(row1, row3);
        columns[0] = ZipLow(low02, low13);
        columns[1] = ZipHigh(low02, low13);
        columns[2] = ZipLow(high02, high13);
        columns[3] = ZipHigh(high02, high13);
    }

    // There is no portable zip of two vectors; these two lines are all that differs between x64 and Arm.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> ZipLow(Vector128<uint> left, Vector128<uint> right) =>
        AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipLow(left, right)
        : Sse2.IsSupported ? Sse2.UnpackLow(left, right)
        : Vector128.Create(left[0], right[0], left[1], right[1]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> ZipHigh(Vector128<uint> left, Vector128<uint> right) =>
        AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipHigh(left, right)
        : Sse2.IsSupported ? Sse2.UnpackHigh(left, right)
        : Vector128.Create(left[2], right[2], left[3], right[3]);
}
