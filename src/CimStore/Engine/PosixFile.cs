using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace CimStore.Engine;

/// <summary>
/// Files by the raw bytes of their names, relative to an open directory and never through a symbolic link. .NET decodes
/// names as UTF-8, so a name that is not UTF-8 could be neither stored nor restored with it. Linux only.
/// </summary>
internal static partial class PosixFile
{
    public const int CurrentDirectory = -100;

    private const int ErrorInterrupted = 4;
    private const int CloseOnExec = 0x80000;
    private const int Create = 0x40;
    private const int Exclusive = 0x80;
    private const int NonBlocking = 0x800;
    private const int WriteOnly = 1;
    private const int SymbolicLinkNoFollow = 0x100;
    private const uint BasicStatus = 0x7FF;
    private const int StatusSizeBytes = 256;
    private const int DirectoryEntryNameOffset = 19;
    private const int TargetSizeMaxBytes = 4096;

    // These two differ between architectures.
    private static readonly bool IsArm =
        RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm;

    private static readonly int DirectoryOnly = IsArm ? 0x4000 : 0x10000;
    private static readonly int NoFollow = IsArm ? 0x8000 : 0x20000;

    public static SafeFileHandle OpenDirectory(int parent, ReadOnlySpan<byte> name, bool followLink) =>
        Open(parent, name, DirectoryOnly | (followLink ? 0 : NoFollow), 0);

    /// <summary>Opens a file for reading. A pipe in its place does not block.</summary>
    public static SafeFileHandle OpenFile(int parent, ReadOnlySpan<byte> name) =>
        Open(parent, name, NoFollow | NonBlocking, 0);

    /// <summary>
    /// Reads from the file's start what fits. .NET asks for the kind of each file it reads, and for one end more: two
    /// calls of the system for each small file.
    /// </summary>
    /// <param name="file">The file.</param>
    /// <param name="buffer">
    /// A byte more than the file is expected to have: one that it does not fill was read whole.
    /// </param>
    /// <param name="name">Its name, for the message when it fails.</param>
    /// <returns>Bytes read.</returns>
    public static int ReadWhole(SafeFileHandle file, Span<byte> buffer, ReadOnlySpan<byte> name)
    {
        var filled = 0;
        while (filled < buffer.Length)
        {
            var part = buffer[filled..];
            var read = (int)Native.Read(file, part, (nuint)part.Length, filled);
            if (read < 0 && Marshal.GetLastPInvokeError() == ErrorInterrupted)
            {
                continue;
            }

            Check(read, name);
            filled += read;

            // All but the byte that should not be there; or the file became shorter.
            if (read == 0 || filled == buffer.Length - 1)
            {
                break;
            }
        }

        return filled;
    }

    /// <summary>Makes a file that must not exist.</summary>
    public static SafeFileHandle CreateFile(int parent, ReadOnlySpan<byte> name) =>
        Open(parent, name, WriteOnly | Create | Exclusive | NoFollow, 0x180);

    public static void CreateDirectory(int parent, ReadOnlySpan<byte> name) =>
        Check(Native.MakeDirectory(parent, Terminated(name), 0x1C0), name);

    public static void CreateLink(int parent, ReadOnlySpan<byte> name, ReadOnlySpan<byte> target) =>
        Check(Native.MakeLink(Terminated(target), parent, Terminated(name)), name);

    public static PosixStatus Status(int parent, ReadOnlySpan<byte> name)
    {
        Span<byte> status = stackalloc byte[StatusSizeBytes];
        Check(Native.Status(parent, Terminated(name), SymbolicLinkNoFollow, BasicStatus, status), name);
        return new PosixStatus(
            BitConverter.ToUInt16(status[28..]), BitConverter.ToInt64(status[40..]),
            (BitConverter.ToInt64(status[112..]) * 1_000_000_000) + BitConverter.ToUInt32(status[120..]));
    }

    public static byte[] ReadLink(int parent, ReadOnlySpan<byte> name)
    {
        var target = new byte[TargetSizeMaxBytes];
        var size = Native.ReadLink(parent, Terminated(name), target, (nuint)target.Length);
        Check((int)size, name);
        return target[..(int)size];
    }

    public static void SetMode(SafeFileHandle file, int mode) =>
        Check(Native.ChangeMode((int)file.DangerousGetHandle(), (uint)mode), "."u8);

    /// <summary>Sets the modification time; the link itself when it is one. The access time stays.</summary>
    public static void SetModified(int parent, ReadOnlySpan<byte> name, long nanoseconds)
    {
        const long Omit = 0x3FFFFFFE;
        var seconds = Math.DivRem(nanoseconds, 1_000_000_000, out var rest);
        if (rest < 0)
        {
            (seconds, rest) = (seconds - 1, rest + 1_000_000_000);
        }

        ReadOnlySpan<long> times = [0, Omit, seconds, rest];
        Check(Native.SetTimes(parent, Terminated(name), times, SymbolicLinkNoFollow), name);
    }

    /// <returns>The names in the directory, sorted by their bytes, without the two dots.</returns>
    public static List<byte[]> Names(SafeFileHandle directory)
    {
        // The stream owns and closes the descriptor it is given.
        var own = Native.Duplicate((int)directory.DangerousGetHandle());
        Check(own, "."u8);
        var stream = Native.OpenStream(own);
        if (stream == 0)
        {
            var fault = Fault("."u8);
            Native.Close(own);
            throw fault;
        }

        try
        {
            return ReadNames(stream);
        }
        finally
        {
            Native.CloseStream(stream);
        }
    }

    private static unsafe List<byte[]> ReadNames(nint stream)
    {
        var names = new List<byte[]>();
        while (true)
        {
            Marshal.SetLastSystemError(0);
            var entry = Native.ReadStream(stream);
            if (entry == 0)
            {
                Check(Marshal.GetLastPInvokeError() == 0 ? 0 : -1, "."u8);
                names.Sort((left, right) => left.AsSpan().SequenceCompareTo(right));
                return names;
            }

            var name = MemoryMarshal.CreateReadOnlySpanFromNullTerminated((byte*)entry + DirectoryEntryNameOffset);
            if (!name.SequenceEqual("."u8) && !name.SequenceEqual(".."u8))
            {
                names.Add(name.ToArray());
            }
        }
    }

    private static SafeFileHandle Open(int parent, ReadOnlySpan<byte> name, int flags, uint mode)
    {
        while (true)
        {
            var descriptor = Native.Open(parent, Terminated(name), flags | CloseOnExec, mode);
            if (descriptor >= 0)
            {
                return new SafeFileHandle(descriptor, ownsHandle: true);
            }

            if (Marshal.GetLastPInvokeError() != ErrorInterrupted)
            {
                throw Fault(name);
            }
        }
    }

    private static byte[] Terminated(ReadOnlySpan<byte> name) => [.. name, 0];

    private static void Check(int result, ReadOnlySpan<byte> name)
    {
        if (result < 0)
        {
            throw Fault(name);
        }
    }

    private static IOException Fault(ReadOnlySpan<byte> name)
    {
        var error = Marshal.GetLastPInvokeError();
        return new IOException(
            $"{System.Text.Encoding.UTF8.GetString(name)}: {new Win32Exception(error).Message}.", error);
    }

    private static partial class Native
    {
        [LibraryImport("libc", EntryPoint = "openat", SetLastError = true)]
        public static partial int Open(int parent, byte[] name, int flags, uint mode);

        [LibraryImport("libc", EntryPoint = "pread", SetLastError = true)]
        public static partial nint Read(SafeFileHandle file, Span<byte> buffer, nuint count, long offset);

        [LibraryImport("libc", EntryPoint = "mkdirat", SetLastError = true)]
        public static partial int MakeDirectory(int parent, byte[] name, uint mode);

        [LibraryImport("libc", EntryPoint = "symlinkat", SetLastError = true)]
        public static partial int MakeLink(byte[] target, int parent, byte[] name);

        [LibraryImport("libc", EntryPoint = "statx", SetLastError = true)]
        public static partial int Status(int parent, byte[] name, int flags, uint mask, Span<byte> status);

        [LibraryImport("libc", EntryPoint = "readlinkat", SetLastError = true)]
        public static partial nint ReadLink(int parent, byte[] name, byte[] target, nuint size);

        [LibraryImport("libc", EntryPoint = "fchmod", SetLastError = true)]
        public static partial int ChangeMode(int file, uint mode);

        [LibraryImport("libc", EntryPoint = "utimensat", SetLastError = true)]
        public static partial int SetTimes(int parent, byte[] name, ReadOnlySpan<long> times, int flags);

        [LibraryImport("libc", EntryPoint = "dup", SetLastError = true)]
        public static partial int Duplicate(int file);

        [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
        public static partial int Close(int file);

        [LibraryImport("libc", EntryPoint = "fdopendir", SetLastError = true)]
        public static partial nint OpenStream(int file);

        [LibraryImport("libc", EntryPoint = "readdir", SetLastError = true)]
        public static partial nint ReadStream(nint stream);

        [LibraryImport("libc", EntryPoint = "closedir", SetLastError = true)]
        public static partial int CloseStream(nint stream);
    }
}
