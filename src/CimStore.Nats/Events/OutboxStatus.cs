using CimStore.Objects;

namespace CimStore.Nats.Events;

/// <summary>How publishing stands.</summary>
/// <param name="IsConnected">Whether it publishes now.</param>
/// <param name="Confirmed">Everything up to here is in the streams.</param>
/// <param name="Published">How many events this process has put there.</param>
/// <param name="Failure">Why it does not; null while it does.</param>
public sealed record OutboxStatus(bool IsConnected, Lsn Confirmed, long Published, string? Failure);
