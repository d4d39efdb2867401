using System.Runtime.InteropServices;

namespace CimStore.Bench.Coding;

/// <summary>Debian's libisal2: Intel's Intelligent Storage Acceleration Library.</summary>
internal static unsafe partial class IsaL
{
    public const int TableBytes = 32;

    private const string Library = "libisal.so.2";

    public static bool IsInstalled => NativeLibrary.TryLoad(Library, out _);

    [LibraryImport(Library, EntryPoint = "gf_gen_cauchy1_matrix")]
    public static partial void CauchyMatrix(byte* matrix, int totalShards, int dataShards);

    [LibraryImport(Library, EntryPoint = "gf_invert_matrix")]
    public static partial int Invert(byte* matrix, byte* inverted, int size);

    [LibraryImport(Library, EntryPoint = "ec_init_tables")]
    public static partial void InitTables(int inputs, int outputs, byte* matrix, byte* tables);

    /// <summary>Chooses the widest code that the processor and this version have, at the first call.</summary>
    [LibraryImport(Library, EntryPoint = "ec_encode_data")]
    public static partial void Encode(int bytes, int inputs, int outputs, byte* tables, byte** from, byte** to);
}
