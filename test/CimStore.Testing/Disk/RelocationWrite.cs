using CimStore.Disk.Log;

namespace CimStore.Testing.Disk;

/// <summary>Repeats a record under its LSN, as compaction does.</summary>
internal sealed class RelocationWrite(ulong lsn, TestRecord record) : LogWrite
{
    public LogEntry Entry { get; private set; }

    public override BatchKind Kind => BatchKind.Relocation;

    public override LogWriteSize Size => new(1, record.Key.Length + record.Meta.Length + record.Payload.Length);

    public override void Write(BatchBuilder batch) => Entry = batch.Relocate(
        lsn, record.Type, record.Flags, record.Key.Span, record.Meta.Span, record.Payload.Span);
}
