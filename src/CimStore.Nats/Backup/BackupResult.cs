namespace CimStore.Nats.Backup;

/// <summary>A stream that was backed up or restored.</summary>
/// <param name="Stream">Its name.</param>
/// <param name="Messages">How many it had.</param>
/// <param name="Consumers">How many durable consumers it had.</param>
/// <param name="PayloadBytes">Of the server's snapshot.</param>
/// <param name="Digest">BLAKE3 of the file up to the digest, in hexadecimal.</param>
/// <param name="ServerVersion">Of the server that made the snapshot.</param>
/// <param name="At">When it was made.</param>
public sealed record BackupResult(
    string Stream, long Messages, long Consumers, long PayloadBytes, string Digest, string ServerVersion,
    DateTimeOffset At);
