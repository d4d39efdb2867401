using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace CimStore.Content;

/// <summary>Compresses as many jobs at once as a vector has lanes. Written once, compiled for each width.</summary>
internal static unsafe class Blake3LaneKernel<TVector, TLanes>
    where TVector : unmanaged
    where TLanes : struct, IBlake3Lanes<TVector>
{
    /// <summary>Jobs of one shape: every lane has the same number of whole blocks.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void RunEven(Blake3Jobs* jobs, uint* key, uint startFlag)
    {
        var words = stackalloc byte[(8 + 16 + 4 + 1) * sizeof(TVector)];
        var state = Align(words);
        var message = state + 8;
        var tail = message + 16;
        LoadKey(key, state);
        tail[0] = TLanes.Load(jobs->CounterLow);
        tail[1] = TLanes.Load(jobs->CounterHigh);
        tail[2] = TLanes.Splat(Blake3Words.BlockSizeBytes);
        var flags = TLanes.Load(jobs->Flags);
        var last = (int)jobs->LastBlocks[0];
        for (var block = 0; block <= last; block++)
        {
            var now = block == 0 ? TLanes.Xor(flags, TLanes.Splat(startFlag)) : flags;
            tail[3] = block == last ? TLanes.Xor(now, TLanes.Load(jobs->EndFlags)) : now;
            TLanes.LoadBlocks(jobs->Inputs, block * Blake3Words.BlockSizeBytes, message);
            if (last == Blake3Words.BlocksPerChunk - 1)
            {
                Prefetch(jobs->Inputs, block * Blake3Words.BlockSizeBytes);
            }

            Compress(state, message, tail);
        }

        TLanes.StoreCvs(state, jobs->Outputs);
    }

    /// <summary>Jobs of different lengths: a lane that has ended keeps its result while the others go on.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void RunRagged(Blake3Jobs* jobs, uint* key, uint startFlag)
    {
        var words = stackalloc byte[(8 + 16 + 4 + 8 + 1) * sizeof(TVector)];
        var state = Align(words);
        var message = state + 8;
        var tail = message + 16;
        var before = tail + 4;
        var inputs = stackalloc ulong[Blake3Jobs.LanesMax];
        LoadKey(key, state);
        tail[0] = TLanes.Load(jobs->CounterLow);
        tail[1] = TLanes.Load(jobs->CounterHigh);
        var lasts = TLanes.Load(jobs->LastBlocks);
        var longest = jobs->PointAt(0, inputs, TLanes.Count);
        for (var block = 0u; block <= longest; block++)
        {
            var now = TLanes.Splat(block);
            var ends = TLanes.AreEqual(lasts, now);
            var flags = TLanes.Xor(TLanes.Load(jobs->Flags), TLanes.And(ends, TLanes.Load(jobs->EndFlags)));
            tail[2] = TLanes.Select(ends, TLanes.Load(jobs->TailLengths), TLanes.Splat(Blake3Words.BlockSizeBytes));
            tail[3] = block == 0 ? TLanes.Xor(flags, TLanes.Splat(startFlag)) : flags;
            jobs->PointAt(block, inputs, TLanes.Count);
            TLanes.LoadBlocks(inputs, 0, message);
            Unsafe.CopyBlockUnaligned(before, state, (uint)(8 * sizeof(TVector)));
            Compress(state, message, tail);
            var ended = TLanes.IsGreater(now, lasts);
            for (var word = 0; word < 8; word++)
            {
                state[word] = TLanes.Select(ended, before[word], state[word]);
            }
        }

        TLanes.StoreCvs(state, jobs->Outputs);
    }

    // A vector that crosses a cache line costs two reads, and stackalloc promises 16 bytes only.
    private static TVector* Align(byte* words) =>
        (TVector*)(((nuint)words + (nuint)sizeof(TVector) - 1) & ~((nuint)sizeof(TVector) - 1));

    // Where the next run reads if this one is amid a large content. The processor's own prefetching follows fewer
    // streams than there are lanes; content from memory hashes half as fast without this. A wrong guess is harmless.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch(ulong* inputs, int offset)
    {
        for (var lane = 0; Sse.IsSupported && lane < TLanes.Count; lane++)
        {
            Sse.Prefetch0((byte*)inputs[lane] + offset + (TLanes.Count * Blake3Words.ChunkSizeBytes));
        }
    }

    private static void LoadKey(uint* key, TVector* state)
    {
        for (var word = 0; word < 8; word++)
        {
            state[word] = TLanes.Splat(key[word]);
        }
    }

    // Compiled at once at full optimization: at the first tier vectors live in memory and hashing is 50 times slower.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Compress(TVector* state, TVector* message, TVector* tail)
    {
        TVector a0 = state[0], a1 = state[1], a2 = state[2], a3 = state[3];
        TVector b0 = state[4], b1 = state[5], b2 = state[6], b3 = state[7];
        TVector c0 = TLanes.Splat(Blake3Words.Iv0), c1 = TLanes.Splat(Blake3Words.Iv1);
        TVector c2 = TLanes.Splat(Blake3Words.Iv2), c3 = TLanes.Splat(Blake3Words.Iv3);
        TVector d0 = tail[0], d1 = tail[1], d2 = tail[2], d3 = tail[3];
        ref var s = ref MemoryMarshal.GetReference(Blake3Words.Schedule);
        for (var round = 0; round < 7; round++)
        {
            MixFour(
                ref a0, ref a1, ref a2, ref a3, ref b0, ref b1, ref b2, ref b3,
                ref c0, ref c1, ref c2, ref c3, ref d0, ref d1, ref d2, ref d3, message, ref s);
            MixFour(
                ref a0, ref a1, ref a2, ref a3, ref b1, ref b2, ref b3, ref b0,
                ref c2, ref c3, ref c0, ref c1, ref d3, ref d0, ref d1, ref d2, message, ref Unsafe.Add(ref s, 8));
            s = ref Unsafe.Add(ref s, 16);
        }

        state[0] = TLanes.Xor(a0, c0);
        state[1] = TLanes.Xor(a1, c1);
        state[2] = TLanes.Xor(a2, c2);
        state[3] = TLanes.Xor(a3, c3);
        state[4] = TLanes.Xor(b0, d0);
        state[5] = TLanes.Xor(b1, d1);
        state[6] = TLanes.Xor(b2, d2);
        state[7] = TLanes.Xor(b3, d3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static nuint Word(ref byte schedule, int place) => Unsafe.Add(ref schedule, place);

    // Four columns or four diagonals, step by step beside each other: each step waits for the one before, so the
    // processor finds four independent instructions in a row. The message word is added first: it is known early.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void MixFour(
        ref TVector a0, ref TVector a1, ref TVector a2, ref TVector a3,
        ref TVector b0, ref TVector b1, ref TVector b2, ref TVector b3,
        ref TVector c0, ref TVector c1, ref TVector c2, ref TVector c3,
        ref TVector d0, ref TVector d1, ref TVector d2, ref TVector d3,
        TVector* message, ref byte s)
    {
        a0 = TLanes.Add(TLanes.Add(a0, message[Word(ref s, 0)]), b0);
        a1 = TLanes.Add(TLanes.Add(a1, message[Word(ref s, 2)]), b1);
        a2 = TLanes.Add(TLanes.Add(a2, message[Word(ref s, 4)]), b2);
        a3 = TLanes.Add(TLanes.Add(a3, message[Word(ref s, 6)]), b3);
        d0 = TLanes.RotateRight16(TLanes.Xor(d0, a0));
        d1 = TLanes.RotateRight16(TLanes.Xor(d1, a1));
        d2 = TLanes.RotateRight16(TLanes.Xor(d2, a2));
        d3 = TLanes.RotateRight16(TLanes.Xor(d3, a3));
        c0 = TLanes.Add(c0, d0);
        c1 = TLanes.Add(c1, d1);
        c2 = TLanes.Add(c2, d2);
        c3 = TLanes.Add(c3, d3);
        b0 = TLanes.RotateRight12(TLanes.Xor(b0, c0));
        b1 = TLanes.RotateRight12(TLanes.Xor(b1, c1));
        b2 = TLanes.RotateRight12(TLanes.Xor(b2, c2));
        b3 = TLanes.RotateRight12(TLanes.Xor(b3, c3));
        a0 = TLanes.Add(TLanes.Add(a0, message[Word(ref s, 1)]), b0);
        a1 = TLanes.Add(TLanes.Add(a1, message[Word(ref s, 3)]), b1);
        a2 = TLanes.Add(TLanes.Add(a2, message[Word(ref s, 5)]), b2);
        a3 = TLanes.Add(TLanes.Add(a3, message[Word(ref s, 7)]), b3);
        d0 = TLanes.RotateRight8(TLanes.Xor(d0, a0));
        d1 = TLanes.RotateRight8(TLanes.Xor(d1, a1));
        d2 = TLanes.RotateRight8(TLanes.Xor(d2, a2));
        d3 = TLanes.RotateRight8(TLanes.Xor(d3, a3));
        c0 = TLanes.Add(c0, d0);
        c1 = TLanes.Add(c1, d1);
        c2 = TLanes.Add(c2, d2);
        c3 = TLanes.Add(c3, d3);
        b0 = TLanes.RotateRight7(TLanes.Xor(b0, c0));
        b1 = TLanes.RotateRight7(TLanes.Xor(b1, c1));
        b2 = TLanes.RotateRight7(TLanes.Xor(b2, c2));
        b3 = TLanes.RotateRight7(TLanes.Xor(b3, c3));
    }
}
