using System.Runtime.InteropServices;

namespace CimStore.Bench.Peers;

/// <summary>Debian's liblmdb0. (The LightningDB package's native library needs a newer glibc: see ADR 0060.)</summary>
internal static unsafe partial class LmdbNative
{
    public const uint NoTls = 0x200000;
    public const uint NoReadAhead = 0x800000;
    public const uint NoMemoryInit = 0x1000000;
    public const uint WriteMap = 0x80000;
    public const uint ReadOnly = 0x20000;
    public const uint Create = 0x40000;
    public const uint Append = 0x20000;
    public const uint Reserve = 0x10000;

    private const string Library = "liblmdb.so.0";

    [StructLayout(LayoutKind.Sequential)]
    public struct Value
    {
        public nuint Size;
        public void* Data;
    }

    [LibraryImport(Library, EntryPoint = "mdb_env_create")]
    public static partial int EnvCreate(out nint environment);

    [LibraryImport(Library, EntryPoint = "mdb_env_set_mapsize")]
    public static partial int EnvSetMapSize(nint environment, nuint size);

    [LibraryImport(Library, EntryPoint = "mdb_env_set_maxdbs")]
    public static partial int EnvSetDatabasesMax(nint environment, uint count);

    [LibraryImport(Library, EntryPoint = "mdb_env_open", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int EnvOpen(nint environment, string path, uint flags, uint mode);

    [LibraryImport(Library, EntryPoint = "mdb_env_close")]
    public static partial void EnvClose(nint environment);

    [LibraryImport(Library, EntryPoint = "mdb_txn_begin")]
    public static partial int TxnBegin(nint environment, nint parent, uint flags, out nint transaction);

    [LibraryImport(Library, EntryPoint = "mdb_txn_commit")]
    public static partial int TxnCommit(nint transaction);

    [LibraryImport(Library, EntryPoint = "mdb_txn_abort")]
    public static partial void TxnAbort(nint transaction);

    [LibraryImport(Library, EntryPoint = "mdb_txn_reset")]
    public static partial void TxnReset(nint transaction);

    [LibraryImport(Library, EntryPoint = "mdb_txn_renew")]
    public static partial int TxnRenew(nint transaction);

    [LibraryImport(Library, EntryPoint = "mdb_dbi_open", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int DatabaseOpen(nint transaction, string name, uint flags, out uint database);

    [LibraryImport(Library, EntryPoint = "mdb_put")]
    public static partial int Put(nint transaction, uint database, Value* key, Value* data, uint flags);

    [LibraryImport(Library, EntryPoint = "mdb_get")]
    public static partial int Get(nint transaction, uint database, Value* key, Value* data);

    [LibraryImport(Library, EntryPoint = "mdb_strerror")]
    private static partial nint Describe(int code);

    public static void Check(int code)
    {
        if (code != 0)
        {
            throw new IOException($"LMDB: {Marshal.PtrToStringUTF8(Describe(code))} ({code})");
        }
    }
}
