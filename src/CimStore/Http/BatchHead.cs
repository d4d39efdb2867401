using CimStore.Content;

namespace CimStore.Http;

/// <summary>What stands before the content of one item of a batch.</summary>
public readonly record struct BatchHead(Cid? Cid, byte Status, long LengthBytes);
