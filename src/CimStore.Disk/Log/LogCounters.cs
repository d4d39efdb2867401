namespace CimStore.Disk.Log;

/// <summary>
/// Bytes and events since the log was opened. Everything written is in exactly one of the byte counters.
/// </summary>
internal sealed class LogCounters
{
    private long _contentBytes;
    private long _overheadBytes;
    private long _paddingBytes;
    private long _preWrittenBytes;
    private long _batches;
    private long _writes;
    private long _records;
    private long _marks;
    private long _syncs;

    /// <summary>Keys, metas and payloads.</summary>
    public long ContentBytes => Volatile.Read(ref _contentBytes);

    /// <summary>Heads, tables, batch and segment headers, marks, tails written again.</summary>
    public long OverheadBytes => Volatile.Read(ref _overheadBytes);

    /// <summary>Zeros up to the next 4 KiB.</summary>
    public long PaddingBytes => Volatile.Read(ref _paddingBytes);

    /// <summary>Zeros where later batches go.</summary>
    public long PreWrittenBytes => Volatile.Read(ref _preWrittenBytes);

    public long Batches => Volatile.Read(ref _batches);

    public long Writes => Volatile.Read(ref _writes);

    public long Records => Volatile.Read(ref _records);

    public long Marks => Volatile.Read(ref _marks);

    public long Syncs => Volatile.Read(ref _syncs);

    internal void Batch(int writes, in BatchHeader header, long contentBytes)
    {
        Interlocked.Increment(ref _batches);
        Interlocked.Add(ref _writes, writes);
        Interlocked.Add(ref _records, header.RecordCount);
        Interlocked.Add(ref _contentBytes, contentBytes);
        Interlocked.Add(ref _overheadBytes, header.UsedBytes - contentBytes);
        Interlocked.Add(ref _paddingBytes, header.LengthBytes - header.UsedBytes);
        if (header.Kind == BatchKind.Mark)
        {
            Interlocked.Increment(ref _marks);
        }
    }

    internal void Overhead(long bytes) => Interlocked.Add(ref _overheadBytes, bytes);

    internal void PreWritten(long bytes) => Interlocked.Add(ref _preWrittenBytes, bytes);

    internal void Sync() => Interlocked.Increment(ref _syncs);
}
