using CimStore.Disk.Log;

namespace CimStore.Testing.Disk;

/// <summary>Remembers what the log fed it, as an index would.</summary>
internal sealed class RecordingProjection : ILogProjection
{
    private readonly Lock _gate = new();

    public List<SeenRecord> Records { get; } = [];

    public List<LogFinding> Findings { get; } = [];

    public List<LogCursor> Voids { get; } = [];

    /// <summary>The end of the last batch applied: what an index would store.</summary>
    public LogCursor? Cursor { get; private set; }

    /// <summary>Called before each batch is taken; may throw.</summary>
    public Action<LogBatch>? OnApply { get; set; }

    public IEnumerable<LogFinding> Corruption =>
        Findings.Where(static finding => finding.Kind is not LogFindingKind.TornTail);

    /// <summary>Whether committers may be told before their batch is applied.</summary>
    public bool Announces { get; set; }

    public bool Announce(LogBatch batch) => Announces;

    public void Apply(LogBatch batch)
    {
        OnApply?.Invoke(batch);
        lock (_gate)
        {
            foreach (var record in batch)
            {
                Records.Add(SeenRecord.From(record));
            }

            Cursor = batch.End;
        }
    }

    public void Void(LogCursor durable) => Voids.Add(durable);

    public void Report(LogFinding finding) => Findings.Add(finding);
}
