using CimStore.Content;
using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Engine;

/// <summary>A command of another context's event that took effect, now or at an earlier delivery.</summary>
/// <param name="Word">Which command, as rule files name it.</param>
/// <param name="Content">What was retrieved, when it is small enough to be sent along.</param>
public sealed record ForeignCommandResult(
    string Word, MessageId CommandId, Cid? Cid, long? SizeBytes, bool Replayed, DurabilityReceipt? Receipt,
    ReadOnlyMemory<byte>? Content)
{
    /// <summary>How many failure domains it takes to lose the content, after a Replicate or Migrate.</summary>
    public int? Copies { get; init; }

    /// <summary>Where the content is, after a Replicate or Migrate.</summary>
    public StorageTier? Tier { get; init; }
}
