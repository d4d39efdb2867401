namespace CimStore.Nats.Backup;

/// <summary>How far a backup or a restore is.</summary>
/// <param name="Step">What is being done: <c>backup</c>, <c>verify</c> or <c>restore</c>.</param>
/// <param name="Bytes">Of the file or the payload, so far.</param>
/// <param name="TotalBytes">In all; null where the server does not say it.</param>
public readonly record struct BackupProgress(string Step, long Bytes, long? TotalBytes);
