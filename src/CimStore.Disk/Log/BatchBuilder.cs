using System.Buffers.Binary;

namespace CimStore.Disk.Log;

/// <summary>A batch being put together, in memory. Reused from batch to batch.</summary>
internal sealed class BatchBuilder
{
    private const int BatchesUntilShrunk = 256;

    // What a usual batch needs: 1 MiB of content with heads and table. It grows for a large write, keeps that size for
    // the next large one, and shrinks when none has come for a while.
    private readonly int _usualBytes;
    private int _batchesSinceLarge;
    private Memory<byte> _buffer;
    private ulong[] _table = new ulong[256];
    private int _used;
    private int _records;
    private int _recordsEnd;
    private long _bytesEnd;

    internal BatchBuilder(int usualBytes)
    {
        _usualBytes = (int)LogFormat.AlignUp(usualBytes, LogFormat.BlockBytes);
        _buffer = AlignedBuffer(_usualBytes);
    }

    public BatchKind Kind { get; private set; }

    /// <summary>The LSN that the next appended record gets.</summary>
    public ulong NextLsn => Kind == BatchKind.Records ? FirstLsn + (ulong)_records : FirstLsn;

    internal ulong Segment { get; private set; }

    internal long Offset { get; private set; }

    internal ulong FirstLsn { get; private set; }

    internal int Writes { get; private set; }

    internal long ContentBytes { get; private set; }

    internal List<CommitWaiter> Waiters { get; } = [];

    internal bool IsBegun => Kind != 0;

    /// <summary>Given by <see cref="Seal"/>.</summary>
    internal BatchHeader Header { get; private set; }

    /// <summary>Sealed, and handed to the disk while the batch before it was being synced.</summary>
    internal bool IsWrittenAhead { get; set; }

    /// <summary>All of it was written; it may be on the device even when its sync fails.</summary>
    internal bool IsWhole { get; set; }

    /// <summary>Its committers know that it is durable.</summary>
    internal bool IsTold { get; set; }

    internal Exception? AheadFailure { get; set; }

    /// <summary>How long it took to copy it to the page cache; nothing when it passed it.</summary>
    internal TimeSpan Copying { get; set; }

    /// <summary>Nothing to write: a batch of writes, none of which appended a record.</summary>
    internal bool IsEmpty => _records == 0 && Kind is not (BatchKind.Mark or BatchKind.Abandon);

    internal long SealedBytes => IsEmpty
        ? 0
        : LogFormat.AlignUp(_used + ((long)_records * LogFormat.TableEntryBytes), LogFormat.BlockBytes);

    internal long ReservedBytes { get; private set; }

    /// <summary>Appends a record with a new LSN.</summary>
    public LogEntry Append(
        ushort type, byte flags, ReadOnlySpan<byte> key, ReadOnlySpan<byte> meta, ReadOnlySpan<byte> payload)
    {
        RequireKind(BatchKind.Records);
        return Add(NextLsn, type, flags, key, meta, payload);
    }

    /// <summary>Repeats a record of another segment under its own LSN.</summary>
    public LogEntry Relocate(
        ulong lsn, ushort type, byte flags, ReadOnlySpan<byte> key, ReadOnlySpan<byte> meta, ReadOnlySpan<byte> payload)
    {
        RequireKind(BatchKind.Relocation);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(lsn, FirstLsn);
        return Add(lsn, type, flags, key, meta, payload);
    }

    internal void Begin(BatchKind kind, ulong segment, long offset, ulong firstLsn)
    {
        Kind = kind;
        Segment = segment;
        Offset = offset;
        FirstLsn = firstLsn;
        _used = LogFormat.BatchHeaderBytes;
        ReservedBytes = LogFormat.BatchHeaderBytes;
    }

    /// <summary>Lets one write append its records; takes them out again when it throws.</summary>
    internal void Take(LogWrite write, LogWriteSize size)
    {
        var (used, records, content) = (_used, _records, ContentBytes);
        EnsureRoom(ReservedBytes + size.RoomBytes);
        _recordsEnd = _records + size.Records;
        _bytesEnd = ContentBytes + size.Bytes;
        try
        {
            write.Write(this);
        }
        catch
        {
            (_used, _records, ContentBytes) = (used, records, content);
            throw;
        }

        ReservedBytes += size.RoomBytes;
        Writes++;
    }

    /// <summary>Completes the body and writes the header. The length to write is the header's.</summary>
    /// <param name="identity">The segment's.</param>
    /// <param name="previous">After the batch that this one follows.</param>
    /// <param name="durable">After the last batch that is durable: that one, or the one before it.</param>
    /// <param name="closed">Nothing follows.</param>
    /// <param name="voided">Of an abandon batch.</param>
    internal BatchHeader Seal(
        SegmentIdentity identity, LogCursor previous, LogCursor durable, bool closed = false, ulong voided = 0)
    {
        EnsureRoom(_used + ((long)_records * LogFormat.TableEntryBytes));
        var table = _buffer.Span.Slice(_used, _records * LogFormat.TableEntryBytes);
        for (var index = 0; index < _records; index++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(table[(index * LogFormat.TableEntryBytes)..], _table[index]);
        }

        var header = new BatchHeader
        {
            Kind = Kind,
            Closed = closed,
            RecordCount = _records,
            Identity = identity,
            Number = previous.NextBatch,
            FirstLsn = FirstLsn,
            DurableLsn = durable.LastLsn,
            DurableBatch = durable.NextBatch - 1,
            RecordsBytes = _used - LogFormat.BatchHeaderBytes,
            BodyChecksum = Crc32C.Of(table),
            PreviousChecksum = previous.Checksum,
            VoidedBatch = voided,
        };
        Header = header with { Checksum = header.Write(_buffer.Span) };
        _buffer.Span[(int)header.UsedBytes..(int)header.LengthBytes].Clear();
        return Header;
    }

    internal ReadOnlyMemory<byte> Bytes(in BatchHeader header) => _buffer[..(int)header.LengthBytes];

    internal void Reset()
    {
        Kind = 0;
        Header = default;
        _used = 0;
        _records = 0;
        Writes = 0;
        ContentBytes = 0;
        ReservedBytes = 0;
        IsWrittenAhead = false;
        IsWhole = false;
        IsTold = false;
        AheadFailure = null;
        Waiters.Clear();
        if (_buffer.Length > _usualBytes && ++_batchesSinceLarge > BatchesUntilShrunk)
        {
            _buffer = AlignedBuffer(_usualBytes);
        }
    }

    private LogEntry Add(
        ulong lsn, ushort type, byte flags, ReadOnlySpan<byte> key, ReadOnlySpan<byte> meta, ReadOnlySpan<byte> payload)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(key.Length, LogFormat.KeyBytesMax, nameof(key));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(meta.Length, LogFormat.MetaBytesMax, nameof(meta));
        var content = (long)key.Length + meta.Length + payload.Length;
        if (_records == _recordsEnd || ContentBytes + content > _bytesEnd)
        {
            throw new InvalidOperationException("A write appends more than its size announced.");
        }

        var head = new RecordHead(
            0, type, flags, (byte)key.Length, lsn, (ushort)meta.Length, payload.Length, Crc32C.Of(payload));
        var length = (int)head.LengthBytes;
        var padded = (int)LogFormat.AlignUp(length, LogFormat.RecordAlignment);
        var record = _buffer.Span.Slice(_used, padded);
        head.Write(record);
        key.CopyTo(record[LogFormat.RecordHeadBytes..]);
        meta.CopyTo(record[(LogFormat.RecordHeadBytes + key.Length)..]);
        payload.CopyTo(record[head.FrontBytes..]);
        record[length..].Clear();
        AddToTable((uint)_used, RecordHead.Seal(record[..head.FrontBytes]));
        var entry = new LogEntry(lsn, new LogPosition(Segment, (uint)(Offset + _used), length));
        _used += padded;
        ContentBytes += content;
        return entry;
    }

    private void AddToTable(uint offset, uint checksum)
    {
        if (_records == _table.Length)
        {
            Array.Resize(ref _table, _table.Length * 2);
        }

        _table[_records++] = offset | ((ulong)checksum << 32);
    }

    private void EnsureRoom(long bytes)
    {
        var needed = LogFormat.AlignUp(bytes, LogFormat.BlockBytes);
        if (needed > _usualBytes)
        {
            _batchesSinceLarge = 0;
        }

        if (needed <= _buffer.Length)
        {
            return;
        }

        var larger = AlignedBuffer(checked((int)needed));
        _buffer[.._used].CopyTo(larger);
        _buffer = larger;
    }

    /// <summary>Begins at a page, as <see cref="Files.IDiskFile.WriteBulk"/> wants it.</summary>
    private static unsafe Memory<byte> AlignedBuffer(int sizeBytes)
    {
        var array = GC.AllocateUninitializedArray<byte>(sizeBytes + LogFormat.BlockBytes, pinned: true);
        fixed (byte* start = array)
        {
            var past = (int)((nuint)start % LogFormat.BlockBytes);
            return array.AsMemory(past == 0 ? 0 : LogFormat.BlockBytes - past, sizeBytes);
        }
    }

    private void RequireKind(BatchKind kind)
    {
        if (Kind != kind)
        {
            throw new InvalidOperationException($"A write of kind {Kind} cannot append {kind}.");
        }
    }
}
