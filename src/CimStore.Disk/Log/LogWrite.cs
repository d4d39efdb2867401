namespace CimStore.Disk.Log;

/// <summary>
/// Something to be committed, whole or not at all. The log calls <see cref="Write"/> once, in commit order, one write
/// at a time; so that is the place to take sequence numbers and chain hashes.
/// </summary>
internal abstract class LogWrite
{
    /// <summary><see cref="BatchKind.Records"/> or <see cref="BatchKind.Relocation"/>.</summary>
    public virtual BatchKind Kind => BatchKind.Records;

    /// <summary>An upper bound, fixed before the write is handed over; appending more throws.</summary>
    public abstract LogWriteSize Size { get; }

    /// <summary>
    /// Appends the records. It runs under the log's lock: no waiting, no disk. The batch before may not be durable yet
    /// and may still fail; then <see cref="ILogProjection.Void"/> says that what was handed out is void. When it
    /// throws, its records are taken out of the batch, its committer gets the exception, and the other writes are
    /// unharmed: it must then have left no trace in the layer above.
    /// </summary>
    public abstract void Write(BatchBuilder batch);
}
