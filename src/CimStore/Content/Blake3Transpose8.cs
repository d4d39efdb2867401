using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace CimStore.Content;

/// <summary>8 rows to 8 lanes and back, for both kinds of 256-bit lanes.</summary>
internal static unsafe class Blake3Transpose8
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void LoadBlocks(ulong* inputs, nint offset, Vector256<uint>* message)
    {
        LoadHalf(inputs, offset, message);
        LoadHalf(inputs, offset + 32, message + 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void StoreCvs(Vector256<uint>* words, ulong* outputs)
    {
        var rows = stackalloc Vector256<uint>[8];
        Transpose(words[0], words[1], words[2], words[3], words[4], words[5], words[6], words[7], rows);
        for (var lane = 0; lane < 8; lane++)
        {
            rows[lane].Store((uint*)outputs[lane]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void LoadHalf(ulong* inputs, nint offset, Vector256<uint>* message) => Transpose(
        Vector256.Load((uint*)(inputs[0] + (ulong)offset)),
        Vector256.Load((uint*)(inputs[1] + (ulong)offset)),
        Vector256.Load((uint*)(inputs[2] + (ulong)offset)),
        Vector256.Load((uint*)(inputs[3] + (ulong)offset)),
        Vector256.Load((uint*)(inputs[4] + (ulong)offset)),
        Vector256.Load((uint*)(inputs[5] + (ulong)offset)),
        Vector256.Load((uint*)(inputs[6] + (ulong)offset)),
        Vector256.Load((uint*)(inputs[7] + (ulong)offset)),
        message);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Transpose(
        Vector256<uint> row0,
        Vector256<uint> row1,
        Vector256<uint> row2,
        Vector256<uint> row3,
        Vector256<uint> row4,
        Vector256<uint> row5,
        Vector256<uint> row6,
        Vector256<uint> row7,
        Vector256<uint>* columns)
    {
        Quarter(row0, row1, row2, row3, out var a0, out var a1, out var a2, out var a3);
        Quarter(row4, row5, row6, row7, out var b0, out var b1, out var b2, out var b3);
        columns[0] = Avx2.Permute2x128(a0, b0, 0x20);
        columns[1] = Avx2.Permute2x128(a1, b1, 0x20);
        columns[2] = Avx2.Permute2x128(a2, b2, 0x20);
        columns[3] = Avx2.Permute2x128(a3, b3, 0x20);
        columns[4] = Avx2.Permute2x128(a0, b0, 0x31);
        columns[5] = Avx2.Permute2x128(a1, b1, 0x31);
        columns[6] = Avx2.Permute2x128(a2, b2, 0x31);
        columns[7] = Avx2.Permute2x128(a3, b3, 0x31);
    }

    // Four rows to words w and w + 4 of those rows, by 128-bit half.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Quarter(
        Vector256<uint> row0,
        Vector256<uint> row1,
        Vector256<uint> row2,
        Vector256<uint> row3,
        out Vector256<uint> word0,
        out Vector256<uint> word1,
        out Vector256<uint> word2,
        out Vector256<uint> word3)
    {
        var low01 = Avx2.UnpackLow(row0, row1).AsUInt64();
        var high01 = Avx2.UnpackHigh(row0, row1).AsUInt64();
        var low23 = Avx2.UnpackLow(row2, row3).AsUInt64();
        var high23 = Avx2.UnpackHigh(row2, row3).AsUInt64();
        word0 = Avx2.UnpackLow(low01, low23).AsUInt32();
        word1 = Avx2.UnpackHigh(low01, low23).AsUInt32();
        word2 = Avx2.UnpackLow(high01, high23).AsUInt32();
        word3 = Avx2.UnpackHigh(high01, high23).AsUInt32();
    }
}
