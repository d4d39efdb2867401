using System.Buffers;
using CimStore.Disk.Log;

namespace CimStore.Disk.Compaction;

/// <summary>Records of one old segment on their way into the newest one, under their own LSNs.</summary>
internal sealed class RelocateWrite : LogWrite
{
    private readonly ArrayBufferWriter<byte> _bytes = new();
    private readonly List<Moved> _records = [];

    public override BatchKind Kind => BatchKind.Relocation;

    public override LogWriteSize Size => new(_records.Count, _bytes.WrittenCount);

    public bool IsEmpty => _records.Count == 0;

    public int SizeBytes => _bytes.WrittenCount;

    /// <summary>Copies what is to be kept: the reader's buffer is gone before the write has its turn.</summary>
    public void Add(in LogRecord record, byte flags, bool keepKey, bool keepPayload)
    {
        var start = _bytes.WrittenCount;
        var key = keepKey ? record.Key : default;
        var payload = keepPayload ? record.Payload : default;
        _bytes.Write(key.Span);
        _bytes.Write(record.Meta.Span);
        _bytes.Write(payload.Span);
        _records.Add(new Moved(record.Lsn, record.Type, flags, start, key.Length, record.Meta.Length, payload.Length));
    }

    public override void Write(BatchBuilder batch)
    {
        var bytes = _bytes.WrittenSpan;
        foreach (var moved in _records)
        {
            var rest = bytes[moved.Start..];
            batch.Relocate(
                moved.Lsn,
                moved.Type,
                moved.Flags,
                rest[..moved.KeyBytes],
                rest.Slice(moved.KeyBytes, moved.MetaBytes),
                rest.Slice(moved.KeyBytes + moved.MetaBytes, moved.PayloadBytes));
        }
    }

    private readonly record struct Moved(
        ulong Lsn, ushort Type, byte Flags, int Start, int KeyBytes, int MetaBytes, int PayloadBytes);
}
