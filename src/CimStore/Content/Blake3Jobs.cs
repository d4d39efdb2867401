using System.Runtime.CompilerServices;

namespace CimStore.Content;

/// <summary>
/// Up to 16 independent inputs waiting for lanes: chunks, or parents (a block of two chaining values). A job writes
/// its chaining value only after every lane of its run was read, so an output may overwrite an input of the same run.
/// </summary>
internal unsafe struct Blake3Jobs
{
    public const int LanesMax = 16;

    public fixed ulong Inputs[LanesMax];
    public fixed ulong Tails[LanesMax];
    public fixed ulong Outputs[LanesMax];
    public fixed uint CounterLow[LanesMax];
    public fixed uint CounterHigh[LanesMax];
    public fixed uint Flags[LanesMax];
    public fixed uint EndFlags[LanesMax];
    public fixed uint LastBlocks[LanesMax];
    public fixed uint TailLengths[LanesMax];
    public fixed byte TailBlocks[LanesMax * Blake3Words.BlockSizeBytes];
    public int Count;
    public bool IsRagged;

    public void Clear()
    {
        Count = 0;
        IsRagged = false;
    }

    /// <summary>A job of whole blocks.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(byte* input, uint lastBlock, ulong counter, uint flags, uint endFlags, byte* output)
    {
        var lane = Count++;
        Inputs[lane] = (ulong)input;
        Outputs[lane] = (ulong)output;
        CounterLow[lane] = (uint)counter;
        CounterHigh[lane] = (uint)(counter >> 32);
        Flags[lane] = flags;
        EndFlags[lane] = endFlags;
        LastBlocks[lane] = lastBlock;
        IsRagged |= lastBlock != LastBlocks[0];
        Tails[lane] = (ulong)(input + (lastBlock * Blake3Words.BlockSizeBytes));
        TailLengths[lane] = Blake3Words.BlockSizeBytes;
    }

    /// <summary>A chunk of any length up to 1024 bytes. The last block, if short, is copied and padded here.</summary>
    public void AddChunk(byte* input, uint length, ulong counter, uint flags, uint endFlags, byte* output)
    {
        var lastBlock = length == 0 ? 0 : (length - 1) / Blake3Words.BlockSizeBytes;
        var lane = Count;
        Add(input, lastBlock, counter, flags, endFlags, output);
        var tailLength = length - (lastBlock * Blake3Words.BlockSizeBytes);
        if (tailLength == Blake3Words.BlockSizeBytes)
        {
            return;
        }

        IsRagged = true;
        TailLengths[lane] = tailLength;
        fixed (byte* blocks = TailBlocks)
        {
            // The jobs live on the stack of their driver, so this address outlives the fixed statement.
            var block = blocks + (lane * Blake3Words.BlockSizeBytes);
            Unsafe.CopyBlockUnaligned(block, (byte*)Tails[lane], tailLength);
            Unsafe.InitBlockUnaligned(block + tailLength, 0, Blake3Words.BlockSizeBytes - tailLength);
            Tails[lane] = (ulong)block;
        }
    }

    /// <summary>
    /// Fills the lanes from <see cref="Count"/> on with copies of the first job: a kernel has no idle lanes, and the
    /// copies write the same bytes to the same place.
    /// </summary>
    public void PadTo(int lanes)
    {
        for (var lane = Count; lane < lanes; lane++)
        {
            Inputs[lane] = Inputs[0];
            Tails[lane] = Tails[0];
            Outputs[lane] = Outputs[0];
            CounterLow[lane] = CounterLow[0];
            CounterHigh[lane] = CounterHigh[0];
            Flags[lane] = Flags[0];
            EndFlags[lane] = EndFlags[0];
            LastBlocks[lane] = LastBlocks[0];
            TailLengths[lane] = TailLengths[0];
        }
    }

    /// <summary>Writes where block number <paramref name="block"/> of each lane is read from.</summary>
    /// <returns>The longest lane's last block.</returns>
    public readonly uint PointAt(uint block, ulong* inputs, int lanes)
    {
        var longest = 0u;
        for (var lane = 0; lane < lanes; lane++)
        {
            var last = LastBlocks[lane];
            longest = Math.Max(longest, last);
            inputs[lane] = block < last ? Inputs[lane] + (block * Blake3Words.BlockSizeBytes) : Tails[lane];
        }

        return longest;
    }
}
