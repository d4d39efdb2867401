using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace CimStore.Locations;

/// <summary>The ways this code can multiply and add shards. All give the same bytes; they differ in speed.</summary>
internal enum ReedSolomonPath
{
    /// <summary>A byte at a time from tables, no vectors. The reference the others are tested against.</summary>
    Scalar,

    /// <summary>Half bytes looked up 16 at a time by portable vectors: what Arm runs, and x64 before AVX2.</summary>
    Vector128,

    /// <summary>Half bytes looked up 32 at a time.</summary>
    Avx2,

    /// <summary>A matrix of bits times 32 bytes by one instruction.</summary>
    Gfni256,

    /// <summary>The same for 64 bytes.</summary>
    Gfni512,
}

/// <summary>Which paths this machine has.</summary>
internal static class ReedSolomonPaths
{
    /// <summary>The fastest path here.</summary>
    public static readonly ReedSolomonPath Best = Choose();

    /// <summary>Every path this machine can run, so that tests run each.</summary>
    public static IEnumerable<ReedSolomonPath> Available => Enum.GetValues<ReedSolomonPath>().Where(IsAvailable);

    public static bool IsAvailable(ReedSolomonPath path) => path switch
    {
        ReedSolomonPath.Scalar => true,
        ReedSolomonPath.Vector128 => Ssse3.IsSupported || AdvSimd.Arm64.IsSupported,
        ReedSolomonPath.Avx2 => Avx2.IsSupported,
        ReedSolomonPath.Gfni256 => Gfni.V256.IsSupported && Avx2.IsSupported,
        ReedSolomonPath.Gfni512 => Gfni.V512.IsSupported && Avx512F.IsSupported,
        _ => false,
    };

    private static ReedSolomonPath Choose()
    {
        var best = ReedSolomonPath.Gfni512;
        while (!IsAvailable(best))
        {
            best--;
        }

        return best;
    }
}
