using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace CimStore.Bench.Peers;

/// <summary>The few calls that .NET has no method for, or whose errors it swallows.</summary>
internal static partial class LinuxFiles
{
    private const int OpenDirectoryFlags = 0x10000 | 0x80000;

    public static SafeFileHandle OpenDirectory(string path)
    {
        var descriptor = Open(path, OpenDirectoryFlags, 0);
        Check(descriptor < 0);
        return new SafeFileHandle(descriptor, ownsHandle: true);
    }

    public static void Sync(SafeFileHandle file) => Check(FSync(file) != 0);

    public static void SyncData(SafeFileHandle file) => Check(FDataSync(file) != 0);

    public static void SyncFileSystem(SafeFileHandle any) => Check(SyncFs(any) != 0);

    public static void SyncAll() => SyncEverything();

    /// <summary>The next read of the file comes from the device.</summary>
    public static void DropCached(SafeFileHandle file)
    {
        const int DoNotNeed = 4;
        var fault = Advise(file, 0, 0, DoNotNeed);
        if (fault != 0)
        {
            throw new Win32Exception(fault);
        }
    }

    public static void Kill(int processId) => Check(Signal(processId, 9) != 0);

    private static void Check(bool failed)
    {
        if (failed)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FSync(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    private static partial int FDataSync(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "syncfs", SetLastError = true)]
    private static partial int SyncFs(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "sync")]
    private static partial void SyncEverything();

    [LibraryImport("libc", EntryPoint = "posix_fadvise")]
    private static partial int Advise(SafeFileHandle file, long offset, long length, int advice);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Signal(int processId, int signal);
}
