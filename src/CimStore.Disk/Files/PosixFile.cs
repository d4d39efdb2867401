using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace CimStore.Disk.Files;

/// <summary>A file of the real file system.</summary>
internal sealed class PosixFile(string path, SafeFileHandle handle) : IDiskFile
{
    private const int DirectAlignmentBytes = 4096;

    private SafeFileHandle? _direct;
    private bool _cannotBeDirect;
    private bool _isLocked;

    public string Path { get; } = path;

    public long Length
    {
        get
        {
            var length = LibC.LSeek(handle, 0, LibC.SeekEnd);
            return length >= 0 ? length : throw Failed(DiskOperation.Length);
        }
    }

    public unsafe int Write(ReadOnlySpan<byte> bytes, long offset)
    {
        fixed (byte* start = bytes)
        {
            while (true)
            {
                var written = LibC.PWrite(handle, start, bytes.Length, offset);
                if (written >= 0)
                {
                    return (int)written;
                }

                if (Marshal.GetLastPInvokeError() != Errno.Interrupted)
                {
                    throw Failed(DiskOperation.Write);
                }
            }
        }
    }

    public unsafe int WriteBulk(ReadOnlySpan<byte> bytes, long offset)
    {
        if (_cannotBeDirect || !TryOpenDirect(out var direct))
        {
            return 0;
        }

        fixed (byte* start = bytes)
        {
            if ((((nuint)start | (nuint)bytes.Length | (nuint)offset) % DirectAlignmentBytes) != 0)
            {
                return 0;
            }

            while (true)
            {
                var written = LibC.PWrite(direct, start, bytes.Length, offset);
                if (written >= 0)
                {
                    return (int)written;
                }

                switch (Marshal.GetLastPInvokeError())
                {
                    case Errno.Interrupted:
                        continue;
                    case Errno.Invalid or Errno.NotSupported:
                        // A stricter alignment than ours. Nothing was written.
                        _cannotBeDirect = true;
                        return 0;
                    default:
                        throw Failed(DiskOperation.WriteBulk);
                }
            }
        }
    }

    public unsafe int Read(Span<byte> destination, long offset)
    {
        var total = 0;
        fixed (byte* start = destination)
        {
            while (total < destination.Length)
            {
                var read = LibC.PRead(handle, start + total, destination.Length - total, offset + total);
                if (read == 0)
                {
                    return total;
                }

                if (read > 0)
                {
                    total += (int)read;
                }
                else if (Marshal.GetLastPInvokeError() != Errno.Interrupted)
                {
                    throw Failed(DiskOperation.Read);
                }
            }
        }

        return total;
    }

    public void Allocate(long length)
    {
        while (LibC.FAllocate(handle, 0, 0, length) != 0)
        {
            switch (Marshal.GetLastPInvokeError())
            {
                case Errno.Interrupted:
                    continue;
                case Errno.NotSupported or Errno.NotImplemented:
                    // Network and some stacked file systems: the room is then found, or not, by each write.
                    Truncate(length);
                    return;
                default:
                    throw Failed(DiskOperation.Allocate);
            }
        }
    }

    public void Truncate(long length)
    {
        while (LibC.FTruncate(handle, length) != 0)
        {
            if (Marshal.GetLastPInvokeError() != Errno.Interrupted)
            {
                throw Failed(DiskOperation.Truncate);
            }
        }
    }

    public void DropCached(long offset, long length)
    {
        // Whole pages only are let go: without widening, what lies in the first and the last one would stay.
        var page = Environment.SystemPageSize;
        var start = offset / page * page;
        var end = length == 0 ? start : (offset + length + page - 1) / page * page;

        // Advice that is not taken costs nothing but the proof that the device was read; the counters show it.
        _ = LibC.FAdvise(handle, start, end - start, LibC.DoNotNeed);
    }

    public void WriteOut(long offset, long length) =>
        SyncRange(offset, length, LibC.WaitWriteWait, DiskOperation.WriteOut);

    public void StartWriteOut(long offset, long length) =>
        SyncRange(offset, length, LibC.WriteNoWait, DiskOperation.StartWriteOut);

    // No retry, not even on EINTR: after a failed sync the kernel may have marked lost pages clean, and a second call
    // would report a success that is not one.
    public void SyncData(SyncPoint point)
    {
        if (LibC.FDataSync(handle) != 0)
        {
            throw Failed(DiskOperation.SyncData);
        }
    }

    public void Sync(SyncPoint point)
    {
        if (LibC.FSync(handle) != 0)
        {
            throw Failed(DiskOperation.Sync);
        }
    }

    public bool TryLock()
    {
        while (LibC.FLock(handle, LibC.LockExclusiveNow) != 0)
        {
            switch (Marshal.GetLastPInvokeError())
            {
                case Errno.Interrupted:
                    continue;
                case Errno.Again:
                    return false;
                default:
                    throw Failed(DiskOperation.Lock);
            }
        }

        _isLocked = true;
        return true;
    }

    public void Dispose()
    {
        if (_isLocked)
        {
            // A child that was forked and has not begun its program yet has this open file too: closing ours alone
            // would leave the lock with it.
            LibC.FLock(handle, LibC.LockNone);
            _isLocked = false;
        }

        _direct?.Dispose();
        handle.Dispose();
    }

    private void SyncRange(long offset, long length, uint flags, DiskOperation operation)
    {
        if (LibC.SyncFileRange(handle, offset, length, flags) != 0
            && Marshal.GetLastPInvokeError() is not (Errno.Invalid or Errno.IllegalSeek or Errno.NotImplemented
                or Errno.NotSupported))
        {
            throw Failed(operation);
        }
    }

    /// <summary>
    /// A second open file, as the mode is the open file's and readers of this one are to have the page cache. Found by
    /// its descriptor: the name may stand for another file by now.
    /// </summary>
    private bool TryOpenDirect([NotNullWhen(true)] out SafeFileHandle? direct)
    {
        direct = _direct;
        if (direct is not null)
        {
            return true;
        }

        var flags = LibC.OpenWriteOnly | LibC.OpenDirect | LibC.OpenCloseOnExec;
        var descriptor = LibC.Open($"/proc/self/fd/{handle.DangerousGetHandle()}", flags, 0);
        _cannotBeDirect = descriptor < 0;
        _direct = direct = descriptor < 0 ? null : new SafeFileHandle(descriptor, ownsHandle: true);
        return direct is not null;
    }

    private DiskException Failed(DiskOperation operation) => new(Marshal.GetLastPInvokeError(), operation, Path);
}
