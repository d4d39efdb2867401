namespace CimStore.Disk.Log;

internal enum LogFindingKind
{
    /// <summary>
    /// Bytes above the last durable mark: never acknowledged, or damaged before the next mark was written.
    /// </summary>
    TornTail,

    /// <summary>One record that was acknowledged is damaged.</summary>
    CorruptRecord,

    /// <summary>A whole batch (or several) that was acknowledged is damaged or gone.</summary>
    CorruptBatch,

    /// <summary>A segment's header is damaged; its batches speak for themselves.</summary>
    CorruptSegment,

    /// <summary>A segment belongs to another store; it was left alone.</summary>
    ForeignSegment,
}
