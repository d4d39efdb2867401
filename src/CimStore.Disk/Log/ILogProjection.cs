namespace CimStore.Disk.Log;

/// <summary>What the log feeds: the index above it. Calls come one at a time, in log order.</summary>
internal interface ILogProjection
{
    /// <summary>
    /// The batch is durable and about to be applied. From now on whoever asks for something of it has to wait until it
    /// is (<see cref="ContentLog.AwaitApplied"/>).
    /// </summary>
    /// <returns>False when the projection cannot promise that: then the committers are told after it was applied.
    /// </returns>
    bool Announce(LogBatch batch) => false;

    /// <summary>
    /// The batch is durable: make it visible. Called while replaying at open, and after each sync. It may run beside
    /// <see cref="LogWrite.Write"/> of the next batch. If it throws, the log fails. Records above the cursor given at
    /// open are never handed over twice in one life of the log.
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
