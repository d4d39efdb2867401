using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CimStore.Content;

/// <summary>Runs gathered jobs on the narrowest kernel that holds them all, and empties the list.</summary>
internal static unsafe class Blake3Dispatch
{
    public static void Run(Blake3Path path, Blake3Jobs* jobs, uint* key, uint startFlag)
    {
        switch (path)
        {
            case Blake3Path.Avx512:
                RunAvx512(jobs, key, startFlag);
                break;
            case Blake3Path.Avx2:
                RunAvx2(jobs, key, startFlag);
                break;
            case Blake3Path.Vector128:
                RunVector128(jobs, key, startFlag);
                break;
            default:
                RunSingly(path, jobs, key, startFlag);
                break;
        }

        jobs->Clear();
    }

    /// <summary>How many jobs fill the widest kernel of a path.</summary>
    public static int LanesOf(Blake3Path path) => path switch
    {
        Blake3Path.Avx512 => 16,
        Blake3Path.Avx2 => 8,
        Blake3Path.Vector128 => 4,
        _ => 1,
    };

    private static void RunAvx512(Blake3Jobs* jobs, uint* key, uint startFlag)
    {
        switch (jobs->Count)
        {
            case > 8:
                RunLanes<Vector512<uint>, Blake3Lanes16>(jobs, key, startFlag);
                break;
            case > 4:
                RunLanes<Vector256<uint>, Blake3Lanes8Vl>(jobs, key, startFlag);
                break;
            case > 1 when jobs->IsRagged:
                RunLanes<Vector128<uint>, Blake3Lanes4Vl>(jobs, key, startFlag);
                break;
            case > 1:
                jobs->PadTo(Blake3FourByRows.Count);
                Blake3FourByRows.Run(jobs, key, startFlag);
                break;
            default:
                RunSingly(Blake3Path.Avx512, jobs, key, startFlag);
                break;
        }
    }

    private static void RunAvx2(Blake3Jobs* jobs, uint* key, uint startFlag)
    {
        switch (jobs->Count)
        {
            case > 4:
                RunLanes<Vector256<uint>, Blake3Lanes8>(jobs, key, startFlag);
                break;
            case > 1:
                RunLanes<Vector128<uint>, Blake3Lanes4>(jobs, key, startFlag);
                break;
            default:
                RunSingly(Blake3Path.Avx2, jobs, key, startFlag);
                break;
        }
    }

    private static void RunVector128(Blake3Jobs* jobs, uint* key, uint startFlag)
    {
        if (jobs->Count > 1)
        {
            RunLanes<Vector128<uint>, Blake3Lanes4>(jobs, key, startFlag);
        }
        else
        {
            RunSingly(Blake3Path.Vector128, jobs, key, startFlag);
        }
    }

    private static void RunLanes<TVector, TLanes>(Blake3Jobs* jobs, uint* key, uint startFlag)
        where TVector : unmanaged
        where TLanes : struct, IBlake3Lanes<TVector>
    {
        jobs->PadTo(TLanes.Count);
        if (jobs->IsRagged)
        {
            Blake3LaneKernel<TVector, TLanes>.RunRagged(jobs, key, startFlag);
        }
        else
        {
            Blake3LaneKernel<TVector, TLanes>.RunEven(jobs, key, startFlag);
        }
    }

    [SkipLocalsInit]
    private static void RunSingly(Blake3Path path, Blake3Jobs* jobs, uint* key, uint startFlag)
    {
        var state = stackalloc uint[16];
        for (var job = 0; job < jobs->Count; job++)
        {
            Unsafe.CopyBlockUnaligned(state, key, Blake3Words.CvSizeBytes);
            var counter = jobs->CounterLow[job] | ((ulong)jobs->CounterHigh[job] << 32);
            var flags = jobs->Flags[job] | startFlag;
            var block = (byte*)jobs->Inputs[job];
            for (var left = jobs->LastBlocks[job]; left > 0; left--)
            {
                Blake3Compression.Compress(path, state, block, Blake3Words.BlockSizeBytes, counter, flags, state);
                block += Blake3Words.BlockSizeBytes;
                flags = jobs->Flags[job];
            }

            flags |= jobs->EndFlags[job];
            block = (byte*)jobs->Tails[job];
            Blake3Compression.Compress(path, state, block, jobs->TailLengths[job], counter, flags, state);
            Unsafe.CopyBlockUnaligned((byte*)jobs->Outputs[job], state, Blake3Words.CvSizeBytes);
        }
    }
}
