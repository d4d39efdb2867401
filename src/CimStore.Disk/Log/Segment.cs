using CimStore.Disk.Files;

namespace CimStore.Disk.Log;

/// <summary>
/// One segment file. Its handle is opened at first use and may be closed while nobody reads; a retired segment takes no
/// new readers, and its file is not touched before the last one left.
/// </summary>
internal sealed class Segment(IDisk disk, string path, ulong id, long lengthBytes)
{
    private const int RetiredFlag = 1 << 30;
    private const int EvictingFlag = 1 << 29;

    private readonly Lock _opening = new();
    private readonly TaskCompletionSource _left = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _state;
    private IDiskFile? _file;
    private long _durableEnd = long.MaxValue;

    public ulong Id => id;

    public string Path => path;

    /// <summary>0 while not known.</summary>
    public long LengthBytes { get; set; } = lengthBytes;

    /// <summary>
    /// Nothing at or after it may be read. Unknown ends, of segments not replayed, are as far as can be.
    /// </summary>
    public long DurableEnd
    {
        get => Volatile.Read(ref _durableEnd);
        set => Volatile.Write(ref _durableEnd, value);
    }

    public bool HasOpenFile => Volatile.Read(ref _file) is not null;

    /// <summary>Set by every reader, cleared by the sweep that looks for handles to close.</summary>
    public bool RecentlyUsed { get; set; }

    /// <summary>
    /// Gives the room from an offset on back to the file system. It stays taken when the disk refuses.
    /// </summary>
    public void GiveBack(long from)
    {
        try
        {
            using var file = disk.Open(path, DiskAccess.ReadWrite);
            file.Truncate(from);
            LengthBytes = from;
        }
        catch (DiskException)
        {
            // Nothing else is lost by it.
        }
    }

    /// <summary>Enters as a reader. Every success is paired with <see cref="Exit"/>.</summary>
    /// <returns>False when the segment was dropped.</returns>
    public bool TryEnter()
    {
        while (true)
        {
            var state = Volatile.Read(ref _state);
            if ((state & RetiredFlag) != 0)
            {
                return false;
            }

            if ((state & EvictingFlag) == 0 && Interlocked.CompareExchange(ref _state, state + 1, state) == state)
            {
                RecentlyUsed = true;
                return true;
            }

            Thread.SpinWait(1);
        }
    }

    public void Exit()
    {
        if (Interlocked.Decrement(ref _state) == RetiredFlag)
        {
            _left.TrySetResult();
        }
    }

    /// <summary>The file, for whoever entered.</summary>
    public IDiskFile File(SegmentSet set)
    {
        var file = Volatile.Read(ref _file);
        if (file is not null)
        {
            return file;
        }

        lock (_opening)
        {
            if (_file is null)
            {
                Volatile.Write(ref _file, disk.Open(path, DiskAccess.Read));
                set.HandleOpened();
            }

            return _file!;
        }
    }

    public void Adopt(IDiskFile file) => Volatile.Write(ref _file, file);

    /// <summary>Refuses new readers; the task ends when the last one left.</summary>
    public Task Retire()
    {
        while (true)
        {
            var state = Volatile.Read(ref _state);
            if ((state & RetiredFlag) != 0)
            {
                return _left.Task;
            }

            if ((state & EvictingFlag) == 0
                && Interlocked.CompareExchange(ref _state, state | RetiredFlag, state) == state)
            {
                if (state == 0)
                {
                    _left.TrySetResult();
                }

                return _left.Task;
            }

            Thread.SpinWait(1);
        }
    }

    /// <returns>Whether the handle was closed: nobody was reading.</returns>
    public bool TryEvict()
    {
        if (Interlocked.CompareExchange(ref _state, EvictingFlag, 0) != 0)
        {
            return false;
        }

        Close();
        Volatile.Write(ref _state, 0);
        return true;
    }

    public void Close() => Interlocked.Exchange(ref _file, null)?.Dispose();
}
