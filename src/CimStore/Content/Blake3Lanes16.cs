using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace CimStore.Content;

/// <summary>16 lanes of AVX-512.</summary>
internal readonly unsafe struct Blake3Lanes16 : IBlake3Lanes<Vector512<uint>>
{
    public static int Count => 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> Splat(uint value) => Vector512.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> Load(uint* source) => Vector512.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> Add(Vector512<uint> left, Vector512<uint> right) => left + right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> Xor(Vector512<uint> left, Vector512<uint> right) => left ^ right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> And(Vector512<uint> left, Vector512<uint> right) => left & right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> AreEqual(Vector512<uint> left, Vector512<uint> right) =>
        Vector512.Equals(left, right);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> IsGreater(Vector512<uint> left, Vector512<uint> right) =>
        Vector512.GreaterThan(left, right);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> Select(Vector512<uint> mask, Vector512<uint> whenSet, Vector512<uint> whenClear) =>
        Vector512.ConditionalSelect(mask, whenSet, whenClear);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> RotateRight16(Vector512<uint> value) => Avx512F.RotateRight(value, 16);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> RotateRight12(Vector512<uint> value) => Avx512F.RotateRight(value, 12);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> RotateRight8(Vector512<uint> value) => Avx512F.RotateRight(value, 8);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> RotateRight7(Vector512<uint> value) => Avx512F.RotateRight(value, 7);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void LoadBlocks(ulong* inputs, nint offset, Vector512<uint>* message)
    {
        // Rows 4g to 4g+3 become, for each g, four vectors with words {0, 4, 8, 12} + w of those rows by 128-bit part.
        for (var group = 0; group < 4; group++)
        {
            var rows = inputs + (4 * group);
            var row0 = Vector512.Load((uint*)(rows[0] + (ulong)offset));
            var row1 = Vector512.Load((uint*)(rows[1] + (ulong)offset));
            var row2 = Vector512.Load((uint*)(rows[2] + (ulong)offset));
            var row3 = Vector512.Load((uint*)(rows[3] + (ulong)offset));
            var low01 = Avx512F.UnpackLow(row0, row1).AsUInt64();
            var high01 = Avx512F.UnpackHigh(row0, row1).AsUInt64();
            var low23 = Avx512F.UnpackLow(row2, row3).AsUInt64();
            var high23 = Avx512F.UnpackHigh(row2, row3).AsUInt64();
            message[group] = Avx512F.UnpackLow(low01, low23).AsUInt32();
            message[4 + group] = Avx512F.UnpackHigh(low01, low23).AsUInt32();
            message[8 + group] = Avx512F.UnpackLow(high01, high23).AsUInt32();
            message[12 + group] = Avx512F.UnpackHigh(high01, high23).AsUInt32();
        }

        TransposeParts(message);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void StoreCvs(Vector512<uint>* words, ulong* outputs)
    {
        StoreHalves(words, outputs, 0);
        StoreHalves(words + 4, outputs, 16);
    }

    // message[4w + g] holds word w + 4p of rows 4g to 4g+3 in its part p. Gather the four g of each p, in word order.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void TransposeParts(Vector512<uint>* message)
    {
        Vector512<uint> a0 = message[0], a1 = message[1], a2 = message[2], a3 = message[3];
        Vector512<uint> b0 = message[4], b1 = message[5], b2 = message[6], b3 = message[7];
        Vector512<uint> c0 = message[8], c1 = message[9], c2 = message[10], c3 = message[11];
        Vector512<uint> d0 = message[12], d1 = message[13], d2 = message[14], d3 = message[15];
        StoreParts(a0, a1, a2, a3, message);
        StoreParts(b0, b1, b2, b3, message + 1);
        StoreParts(c0, c1, c2, c3, message + 2);
        StoreParts(d0, d1, d2, d3, message + 3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreParts(
        Vector512<uint> g0, Vector512<uint> g1, Vector512<uint> g2, Vector512<uint> g3, Vector512<uint>* message)
    {
        var even01 = Avx512F.Shuffle4x128(g0, g1, 0b10_00_10_00);
        var odd01 = Avx512F.Shuffle4x128(g0, g1, 0b11_01_11_01);
        var even23 = Avx512F.Shuffle4x128(g2, g3, 0b10_00_10_00);
        var odd23 = Avx512F.Shuffle4x128(g2, g3, 0b11_01_11_01);
        message[0] = Avx512F.Shuffle4x128(even01, even23, 0b10_00_10_00);
        message[4] = Avx512F.Shuffle4x128(odd01, odd23, 0b10_00_10_00);
        message[8] = Avx512F.Shuffle4x128(even01, even23, 0b11_01_11_01);
        message[12] = Avx512F.Shuffle4x128(odd01, odd23, 0b11_01_11_01);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreHalves(Vector512<uint>* words, ulong* outputs, ulong offset)
    {
        var low01 = Avx512F.UnpackLow(words[0], words[1]).AsUInt64();
        var high01 = Avx512F.UnpackHigh(words[0], words[1]).AsUInt64();
        var low23 = Avx512F.UnpackLow(words[2], words[3]).AsUInt64();
        var high23 = Avx512F.UnpackHigh(words[2], words[3]).AsUInt64();
        StoreEvery4th(Avx512F.UnpackLow(low01, low23), outputs, offset);
        StoreEvery4th(Avx512F.UnpackHigh(low01, low23), outputs + 1, offset);
        StoreEvery4th(Avx512F.UnpackLow(high01, high23), outputs + 2, offset);
        StoreEvery4th(Avx512F.UnpackHigh(high01, high23), outputs + 3, offset);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreEvery4th(Vector512<ulong> halves, ulong* outputs, ulong offset)
    {
        Avx512F.ExtractVector128(halves, 0).Store((ulong*)(outputs[0] + offset));
        Avx512F.ExtractVector128(halves, 1).Store((ulong*)(outputs[4] + offset));
        Avx512F.ExtractVector128(halves, 2).Store((ulong*)(outputs[8] + offset));
        Avx512F.ExtractVector128(halves, 3).Store((ulong*)(outputs[12] + offset));
    }
}
