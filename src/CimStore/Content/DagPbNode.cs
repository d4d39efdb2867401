using System.Collections.Immutable;

namespace CimStore.Content;

/// <summary>What a dag-pb block says: links in their order, and opaque data that may be absent.</summary>
public sealed record DagPbNode(ImmutableArray<DagPbLink> Links, ReadOnlyMemory<byte>? Data)
{
    public bool Equals(DagPbNode? other) =>
        other is not null && Links.AsSpan().SequenceEqual(other.Links.AsSpan())
        && Data.HasValue == other.Data.HasValue
        && (Data is not { } data || data.Span.SequenceEqual(other.Data!.Value.Span));

    public override int GetHashCode() => HashCode.Combine(Links.Length, Data?.Length ?? -1);
}
