using System.Buffers;
using CimStore.Content;

namespace CimStore.Engine;

/// <summary>One small content of a batch (at most the inline limit, 1 MiB by default).</summary>
public sealed record StoreItem(ReadOnlySequence<byte> Content, Cid? ExpectedCid = null);
