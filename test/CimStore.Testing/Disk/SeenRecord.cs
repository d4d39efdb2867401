using CimStore.Disk.Log;

namespace CimStore.Testing.Disk;

/// <summary>A record that outlives the log's buffer; bytes as hexadecimal so that records compare by value.</summary>
internal sealed record SeenRecord(
    ulong Lsn, ushort Type, byte Flags, string Key, string Meta, string Payload, LogPosition Position)
{
    public static SeenRecord From(LogRecord record) => new(
        record.Lsn,
        record.Type,
        record.Flags,
        Convert.ToHexString(record.Key.Span),
        Convert.ToHexString(record.Meta.Span),
        Convert.ToHexString(record.Payload.Span),
        record.Position);
}
