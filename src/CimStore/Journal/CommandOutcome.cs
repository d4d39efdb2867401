using CimStore.Objects;

namespace CimStore.Journal;

/// <summary>What is remembered of a command for its idempotency window.</summary>
public sealed record CommandOutcome(MessageId Id, ReadOnlyMemory<byte> RequestDigest, Lsn Lsn, DateTimeOffset At);
