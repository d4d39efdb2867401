using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace CimStore.Content;

/// <summary>
/// One block at a time. The 4 rows of the state are 4 vectors, so one block keeps 4 lanes busy; it serves lone chunks,
/// roots and extended output, where there is nothing to run beside it.
/// </summary>
internal static unsafe class Blake3Compression
{
    /// <summary>
    /// Writes the 16 output words: the first 8 are the next chaining value. <paramref name="output"/> may be
    /// <paramref name="cv"/> itself when it has room for 16 words.
    /// </summary>
    public static void Compress(
        Blake3Path path, uint* cv, byte* block, uint length, ulong counter, uint flags, uint* output)
    {
        switch (path)
        {
            case Blake3Path.Scalar:
                CompressScalar(cv, (uint*)block, length, counter, flags, output);
                break;
            case Blake3Path.Avx512:
                CompressPermuted(cv, block, length, counter, flags, output);
                break;
            default:
                CompressRows(cv, (uint*)block, length, counter, flags, output);
                break;
        }
    }

    private static void CompressScalar(uint* cv, uint* block, uint length, ulong counter, uint flags, uint* output)
    {
        var state = stackalloc uint[16]
        {
            cv[0], cv[1], cv[2], cv[3], cv[4], cv[5], cv[6], cv[7],
            Blake3Words.Iv0, Blake3Words.Iv1, Blake3Words.Iv2, Blake3Words.Iv3,
            (uint)counter, (uint)(counter >> 32), length, flags,
        };
        for (var round = 0; round < 7; round++)
        {
            var schedule = Blake3Words.Schedule.Slice(16 * round, 16);
            Mix(state, 0, 4, 8, 12, block[schedule[0]], block[schedule[1]]);
            Mix(state, 1, 5, 9, 13, block[schedule[2]], block[schedule[3]]);
            Mix(state, 2, 6, 10, 14, block[schedule[4]], block[schedule[5]]);
            Mix(state, 3, 7, 11, 15, block[schedule[6]], block[schedule[7]]);
            Mix(state, 0, 5, 10, 15, block[schedule[8]], block[schedule[9]]);
            Mix(state, 1, 6, 11, 12, block[schedule[10]], block[schedule[11]]);
            Mix(state, 2, 7, 8, 13, block[schedule[12]], block[schedule[13]]);
            Mix(state, 3, 4, 9, 14, block[schedule[14]], block[schedule[15]]);
        }

        for (var word = 0; word < 8; word++)
        {
            output[word + 8] = state[word + 8] ^ cv[word];
            output[word] = state[word] ^ state[word + 8];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Mix(uint* state, int a, int b, int c, int d, uint x, uint y)
    {
        state[a] = state[a] + state[b] + x;
        state[d] = BitOperations.RotateRight(state[d] ^ state[a], 16);
        state[c] += state[d];
        state[b] = BitOperations.RotateRight(state[b] ^ state[c], 12);
        state[a] = state[a] + state[b] + y;
        state[d] = BitOperations.RotateRight(state[d] ^ state[a], 8);
        state[c] += state[d];
        state[b] = BitOperations.RotateRight(state[b] ^ state[c], 7);
    }

    // The whole message is one register, in the order in which the rows want it; from one round to the next that order
    // changes by the same permutation each time, which is one instruction off the path of the state.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void CompressPermuted(uint* cv, byte* block, uint length, ulong counter, uint flags, uint* output)
    {
        var first = Vector128.Load(cv);
        var second = Vector128.Load(cv + 4);
        var a = first;
        var b = second;
        var c = Vector128.Create(Blake3Words.Iv0, Blake3Words.Iv1, Blake3Words.Iv2, Blake3Words.Iv3);
        var d = Vector128.Create((uint)counter, (uint)(counter >> 32), length, flags);
        var next = Vector512.Create(1u, 5, 7, 2, 3, 10, 0, 15, 12, 4, 11, 13, 9, 14, 6, 8);
        var message = Avx512F.PermuteVar16x32(
            Vector512.Load((uint*)block),
            Vector512.Create(0u, 2, 4, 6, 1, 3, 5, 7, 14, 8, 10, 12, 15, 9, 11, 13));
        for (var round = 0; round < 7; round++)
        {
            var columns = message.GetLower();
            var diagonals = message.GetUpper();
            Round<Blake3Lanes4Vl>(
                ref a, ref b, ref c, ref d,
                columns.GetLower(), columns.GetUpper(), diagonals.GetLower(), diagonals.GetUpper());
            message = Avx512F.PermuteVar16x32(message, next);
        }

        Store(a, b, c, d, first, second, output);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void CompressRows(uint* cv, uint* block, uint length, ulong counter, uint flags, uint* output)
    {
        var first = Vector128.Load(cv);
        var second = Vector128.Load(cv + 4);
        var a = first;
        var b = second;
        var c = Vector128.Create(Blake3Words.Iv0, Blake3Words.Iv1, Blake3Words.Iv2, Blake3Words.Iv3);
        var d = Vector128.Create((uint)counter, (uint)(counter >> 32), length, flags);
        for (var round = 0; round < 7; round++)
        {
            var s = Blake3Words.Schedule.Slice(16 * round, 16);
            Round<Blake3Lanes4>(
                ref a, ref b, ref c, ref d,
                Vector128.Create(block[s[0]], block[s[2]], block[s[4]], block[s[6]]),
                Vector128.Create(block[s[1]], block[s[3]], block[s[5]], block[s[7]]),
                Vector128.Create(block[s[14]], block[s[8]], block[s[10]], block[s[12]]),
                Vector128.Create(block[s[15]], block[s[9]], block[s[11]], block[s[13]]));
        }

        Store(a, b, c, d, first, second, output);
    }

    // Between columns and diagonals a, c and d turn and b stays: b is the last to be known, so turning the others
    // instead of it takes the shuffle off the critical path. The diagonals' message words turn with them.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Round<TLanes>(
        ref Vector128<uint> a, ref Vector128<uint> b, ref Vector128<uint> c, ref Vector128<uint> d,
        Vector128<uint> columnX, Vector128<uint> columnY, Vector128<uint> diagonalX, Vector128<uint> diagonalY)
        where TLanes : struct, IBlake3Lanes<Vector128<uint>>
    {
        MixRows<TLanes>(ref a, ref b, ref c, ref d, columnX, columnY);
        a = Vector128.Shuffle(a, Vector128.Create(3u, 0, 1, 2));
        d = Vector128.Shuffle(d, Vector128.Create(2u, 3, 0, 1));
        c = Vector128.Shuffle(c, Vector128.Create(1u, 2, 3, 0));
        MixRows<TLanes>(ref a, ref b, ref c, ref d, diagonalX, diagonalY);
        a = Vector128.Shuffle(a, Vector128.Create(1u, 2, 3, 0));
        d = Vector128.Shuffle(d, Vector128.Create(2u, 3, 0, 1));
        c = Vector128.Shuffle(c, Vector128.Create(3u, 0, 1, 2));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void MixRows<TLanes>(
        ref Vector128<uint> a, ref Vector128<uint> b, ref Vector128<uint> c, ref Vector128<uint> d,
        Vector128<uint> x, Vector128<uint> y)
        where TLanes : struct, IBlake3Lanes<Vector128<uint>>
    {
        a = a + x + b;
        d = TLanes.RotateRight16(d ^ a);
        c += d;
        b = TLanes.RotateRight12(b ^ c);
        a = a + y + b;
        d = TLanes.RotateRight8(d ^ a);
        c += d;
        b = TLanes.RotateRight7(b ^ c);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(
        Vector128<uint> a, Vector128<uint> b, Vector128<uint> c, Vector128<uint> d,
        Vector128<uint> first, Vector128<uint> second, uint* output)
    {
        (a ^ c).Store(output);
        (b ^ d).Store(output + 4);
        (c ^ first).Store(output + 8);
        (d ^ second).Store(output + 12);
    }
}
