namespace CimStore.Objects;

/// <summary>Who asked, and because of what (D31). At a root all three ids are equal.</summary>
/// <param name="MessageId">The command's id; given by the caller, it makes the command idempotent.</param>
/// <param name="RequestDigest">BLAKE3 (first 16 bytes) of the request when the caller gave the id; else empty.</param>
public sealed record EventContext(
    MessageId MessageId, MessageId CorrelationId, MessageId CausationId, string Actor,
    ReadOnlyMemory<byte> RequestDigest)
{
    /// <summary>The actor on a node whose users are not told apart.</summary>
    public const string ActorDefault = "local";
}
