using CimStore.Content;
using CimStore.Objects;

namespace CimStore.Engine;

/// <param name="Deduplicated">
/// The bytes were already held durably; only a reference was added (or nothing, if it existed).
/// </param>
/// <param name="Replayed">The same message id had already done this; the receipt is the first one.</param>
public sealed record StoreResult(
    Cid Cid, long SizeBytes, bool Deduplicated, bool Replayed, MessageId CommandId, MessageId CorrelationId,
    DurabilityReceipt Receipt);
