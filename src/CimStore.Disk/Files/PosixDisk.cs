using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace CimStore.Disk.Files;

/// <summary>The real file system.</summary>
internal sealed class PosixDisk : IDisk
{
    private const uint FileMode = 0x1A0; // rw-r-----: content may be confidential.
    private const uint DirectoryMode = 0x1E8; // rwxr-x---
    private const int NameOffset = 19; // of d_name in struct dirent, 64-bit Linux
    private const int StatXWords = 32; // struct statx is 256 bytes.
    private const int StatXDevice = 17; // the word with stx_dev_major and stx_dev_minor
    private const int StatFsWords = 32; // struct statfs is 15 words; the rest is room for a libc that writes more.

    public IDiskFile Create(string path) => new PosixFile(
        path, OpenHandle(path, LibC.OpenReadWrite | LibC.OpenCreate | LibC.OpenExclusive, DiskOperation.Create));

    public IDiskFile Open(string path, DiskAccess access) => new PosixFile(
        path,
        OpenHandle(path, access == DiskAccess.Read ? LibC.OpenReadOnly : LibC.OpenReadWrite, DiskOperation.Open));

    public bool Exists(string path)
    {
        if (LibC.Access(path, LibC.AccessExists) == 0)
        {
            return true;
        }

        var errno = Marshal.GetLastPInvokeError();
        return errno == Errno.NoEntry ? false : throw new DiskException(errno, DiskOperation.Open, path);
    }

    public void CreateDirectory(string path)
    {
        if (LibC.MkDir(path, DirectoryMode) != 0 && Marshal.GetLastPInvokeError() is not Errno.Exists and var errno)
        {
            throw new DiskException(errno, DiskOperation.CreateDirectory, path);
        }
    }

    public void Rename(string from, string to) => Check(LibC.Rename(from, to), DiskOperation.Rename, from);

    public void Unlink(string path) => Check(LibC.Unlink(path), DiskOperation.Unlink, path);

    public void SyncDirectory(string path, SyncPoint point)
    {
        using var handle = OpenHandle(path, LibC.OpenReadOnly, DiskOperation.SyncDirectory);
        Check(LibC.FSync(handle), DiskOperation.SyncDirectory, path);
    }

    public IReadOnlyList<string> List(string directory)
    {
        var stream = LibC.OpenDir(directory);
        if (stream == 0)
        {
            throw new DiskException(Marshal.GetLastPInvokeError(), DiskOperation.List, directory);
        }

        try
        {
            return Names(stream, directory);
        }
        finally
        {
            LibC.CloseDir(stream);
        }
    }

    public unsafe DiskSpace Space(string path)
    {
        var words = stackalloc long[StatFsWords];
        Check(LibC.StatFs(path, words), DiskOperation.Space, path);

        // f_type, f_bsize, f_blocks, f_bfree, f_bavail, f_files, f_ffree
        return new DiskSpace(words[0], words[2] * words[1], words[4] * words[1], words[5], words[6])
        {
            Device = Device(path),
        };
    }

    private static unsafe ulong Device(string path)
    {
        var words = stackalloc ulong[StatXWords];
        Check(LibC.StatX(LibC.AtWorkingDirectory, path, 0, 0, words), DiskOperation.Space, path);
        return words[StatXDevice];
    }

    private static List<string> Names(nint stream, string directory)
    {
        var names = new List<string>();
        while (true)
        {
            // readdir tells the end from a failure only by errno, which it leaves alone at the end.
            Marshal.SetLastSystemError(0);
            var entry = LibC.ReadDir(stream);
            if (entry == 0)
            {
                var errno = Marshal.GetLastPInvokeError();
                if (errno != 0)
                {
                    throw new DiskException(errno, DiskOperation.List, directory);
                }

                names.Sort(StringComparer.Ordinal);
                return names;
            }

            var name = Marshal.PtrToStringUTF8(entry + NameOffset)!;
            if (name is not "." and not "..")
            {
                names.Add(name);
            }
        }
    }

    private static SafeFileHandle OpenHandle(string path, int flags, DiskOperation operation)
    {
        while (true)
        {
            var descriptor = LibC.Open(path, flags | LibC.OpenCloseOnExec, FileMode);
            if (descriptor >= 0)
            {
                return new SafeFileHandle(descriptor, ownsHandle: true);
            }

            var errno = Marshal.GetLastPInvokeError();
            if (errno != Errno.Interrupted)
            {
                throw new DiskException(errno, operation, path);
            }
        }
    }

    private static void Check(int result, DiskOperation operation, string path)
    {
        if (result != 0)
        {
            throw new DiskException(Marshal.GetLastPInvokeError(), operation, path);
        }
    }
}
