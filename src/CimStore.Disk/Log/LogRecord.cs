namespace CimStore.Disk.Log;

/// <summary>A record in somebody's buffer: its memory is valid no longer than the buffer is.</summary>
internal readonly record struct LogRecord(
    ulong Lsn,
    ushort Type,
    byte Flags,
    ReadOnlyMemory<byte> Key,
    ReadOnlyMemory<byte> Meta,
    ReadOnlyMemory<byte> Payload,
    LogPosition Position)
{
    public static LogRecord From(in RecordHead head, ReadOnlyMemory<byte> record, LogPosition position) => new(
        head.Lsn,
        head.Type,
        head.Flags,
        record.Slice(LogFormat.RecordHeadBytes, head.KeyBytes),
        record.Slice(LogFormat.RecordHeadBytes + head.KeyBytes, head.MetaBytes),
        record.Slice(head.FrontBytes, head.PayloadBytes),
        position);
}
