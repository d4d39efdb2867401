using System.Runtime.Intrinsics.X86;

namespace CimStore.Content;

/// <summary>The ways this code can compute BLAKE3. All give the same bytes; they differ in speed.</summary>
internal enum Blake3Path
{
    /// <summary>One block at a time, no vectors. The reference the others are tested against.</summary>
    Scalar,

    /// <summary>4 lanes of portable 128-bit vectors: what Arm runs, and what x64 can run to test it.</summary>
    Vector128,

    /// <summary>8 lanes of 256-bit vectors, 4 lanes for short runs.</summary>
    Avx2,

    /// <summary>512-bit vectors and the rotate instruction: 16 lanes, or 8, or four jobs by rows.</summary>
    Avx512,
}

/// <summary>Which paths this machine has.</summary>
internal static class Blake3Paths
{
    /// <summary>The fastest path here. Read once: the JIT then treats it as a constant.</summary>
    public static readonly Blake3Path Best = Choose();

    /// <summary>Every path this machine can run, so that tests run each.</summary>
    public static IEnumerable<Blake3Path> Available => Enum.GetValues<Blake3Path>().Where(IsAvailable);

    public static bool IsAvailable(Blake3Path path) => path switch
    {
        Blake3Path.Scalar => true,
        Blake3Path.Vector128 => System.Runtime.Intrinsics.Vector128.IsHardwareAccelerated,
        Blake3Path.Avx2 => System.Runtime.Intrinsics.X86.Avx2.IsSupported,
        Blake3Path.Avx512 => Avx512F.IsSupported && Avx512F.VL.IsSupported,
        _ => false,
    };

    private static Blake3Path Choose()
    {
        if (!BitConverter.IsLittleEndian)
        {
            throw new PlatformNotSupportedException("BLAKE3 here reads message words as little-endian memory.");
        }

        // Plain: it runs at every start of the command.
        var best = Blake3Path.Avx512;
        while (!IsAvailable(best))
        {
            best--;
        }

        return best;
    }
}
