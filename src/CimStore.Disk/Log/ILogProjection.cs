namespace CimStore.Disk.Log;

/// <summary>What the log feeds: the index above it. Calls come one at a time, in log order.</summary>
internal interface ILogProjection
{
    /// <summary>
    /// The batch is durable: make it visible. Called while replaying at open, and after each sync before the committers
    /// are told. It may run beside <see cref="LogWrite.Write"/> of the next batch. If it throws, the log fails.
    /// Records above the cursor given at open are never handed over twice in one life of the log.
    /// </summary>
    void Apply(LogBatch batch);

    /// <summary>
    /// Everything handed out by <see cref="LogWrite.Write"/> after this cursor is void: LSNs, positions, chain hashes.
    /// The same LSNs are given out again. Called under the log's lock.
    /// </summary>
    void Void(LogCursor durable);

    /// <summary>Damage or a torn tail was found, at open. Nothing was changed on disk.</summary>
    void Report(LogFinding finding);
}
