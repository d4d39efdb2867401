using CimStore.Disk.Log;

namespace CimStore.Testing.Disk;

/// <summary>A write of a few records whose bytes follow from their number; remembers what the log gave it.</summary>
internal sealed class TestWrite(params TestRecord[] records) : LogWrite
{
    public List<LogEntry> Entries { get; } = [];

    public IReadOnlyList<TestRecord> Records => records;

    /// <summary>Called within <see cref="Write"/>; may throw.</summary>
    public Action<BatchBuilder>? OnWrite { get; init; }

    public override LogWriteSize Size => new(
        records.Length,
        records.Sum(static record => (long)record.Key.Length + record.Meta.Length + record.Payload.Length));

    public override void Write(BatchBuilder batch)
    {
        foreach (var record in records)
        {
            Entries.Add(batch.Append(
                record.Type, record.Flags, record.Key.Span, record.Meta.Span, record.Payload.Span));
        }

        OnWrite?.Invoke(batch);
    }
}
