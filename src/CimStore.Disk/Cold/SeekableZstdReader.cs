using CimStore.Locations;

namespace CimStore.Disk.Cold;

/// <summary>
/// Reads content out of its stored form, inflating only the frames that are touched. Asked for several parts at once.
/// </summary>
/// <remarks>
/// Keeps up to four inflated frames, so that a frame read in quarters is inflated once; one that is read from start to
/// end keeps two. Every piece is proved by a checksum of 32 bits, which finds damage and not malice: the content's own
/// CID does that. Inflating is done by the thread that calls.
/// </remarks>
internal sealed class SeekableZstdReader : IAsyncDisposable
{
    /// <summary>4 x 1 MiB inflated; also how many parts are read at the same time, the others wait.</summary>
    public const int SlotsMax = 4;

    // One that reads in order needs the frame that it is in; parts that overtake each other need the one before it.
    private const int IdleSlotsKept = 2;

    private readonly ReadStored _read;
    private readonly SeekTable _table;
    private readonly SemaphoreSlim _turns = new(SlotsMax, SlotsMax);
    private readonly Lock _lock = new();
    private readonly List<FrameSlot> _slots = new(SlotsMax);
    private long _uses;
    private int _disposing;
    private bool _disposed;

    private SeekableZstdReader(ReadStored read, SeekTable table, long sizeBytes)
    {
        _read = read;
        _table = table;
        SizeBytes = sizeBytes;
    }

    /// <summary>Of the content.</summary>
    public long SizeBytes { get; }

    /// <param name="sizes">As the copy's header or the catalog says, not as the stored form does.</param>
    /// <returns>Null when the copy is not there.</returns>
    /// <exception cref="IntegrityException">The seek table is damaged, or of content of another size.</exception>
    public static async ValueTask<SeekableZstdReader?> OpenAsync(
        ReadStored read, ColdSizes sizes, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sizes.StoredBytes);
        ArgumentOutOfRangeException.ThrowIfNegative(sizes.ContentBytes);
        var table = await SeekTable.OpenAsync(read, sizes, cancellationToken);
        return table is null ? null : new SeekableZstdReader(read, table, sizes.ContentBytes);
    }

    /// <returns>
    /// Bytes read: all that were asked for, fewer only at the end, 0 past it; null when the copy is not there any more.
    /// </returns>
    /// <exception cref="IntegrityException">A frame is damaged, and the message says which.</exception>
    public async ValueTask<int?> ReadAsync(
        long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposing) == 1, this);
        var wanted = (int)Math.Min(destination.Length, Math.Max(SizeBytes - offset, 0));
        var done = 0;
        while (done < wanted)
        {
            var (frame, from) = Math.DivRem(offset + done, _table.FrameSizeBytes);
            var length = Math.Min(wanted - done, _table.FrameSizeBytes - (int)from);
            var piece = destination.Slice(done, length);
            if (!await ReadPieceAsync((int)frame, (int)from, piece, cancellationToken))
            {
                return null;
            }

            done += length;
        }

        return done;
    }

    /// <summary>
    /// Waits for the frames that are being read. Reads that come later are refused, and one with more frames to go.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposing, 1) == 1)
        {
            return;
        }

        for (var turn = 0; turn < SlotsMax; turn++)
        {
            await _turns.WaitAsync(CancellationToken.None);
        }

        _disposed = true;
        _slots.ForEach(slot => slot.Dispose());
        _table.Dispose();

        // Not disposed of: whoever waits for a turn gets one, and is told that there is no reader any more.
        _turns.Release(SlotsMax);
    }

    private async ValueTask<bool> ReadPieceAsync(
        int frame, int from, Memory<byte> destination, CancellationToken cancellationToken)
    {
        await _turns.WaitAsync(cancellationToken);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            var slot = Claim(frame);
            try
            {
                if (!await slot.LoadAsync(_table, _read, frame, cancellationToken))
                {
                    return false;
                }

                slot.Inflated.Slice(from, destination.Length).CopyTo(destination);
                return true;
            }
            finally
            {
                Release(slot);
            }
        }
        finally
        {
            _turns.Release();
        }
    }

    /// <summary>
    /// Who has a turn uses at most one slot, and there are as many turns as slots: so one is idle or not yet made.
    /// </summary>
    private FrameSlot Claim(int frame)
    {
        lock (_lock)
        {
            var slot = _slots.Find(slot => slot.Frame == frame) ?? IdleOrNew();
            slot.Frame = frame;
            slot.UserCount++;
            slot.UsedAt = ++_uses;
            return slot;
        }
    }

    private FrameSlot IdleOrNew()
    {
        var idle = _slots.Where(slot => slot.UserCount == 0).ToArray();
        if (idle.Length < IdleSlotsKept && _slots.Count < SlotsMax)
        {
            var made = new FrameSlot(_table.FrameSizeBytes);
            _slots.Add(made);
            return made;
        }

        return idle.MinBy(slot => slot.UsedAt)!;
    }

    private void Release(FrameSlot slot)
    {
        lock (_lock)
        {
            slot.UserCount--;
        }
    }
}
