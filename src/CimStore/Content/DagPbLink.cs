namespace CimStore.Content;

/// <summary>A link of a dag-pb node. An absent name or size is not the same as an empty one or zero.</summary>
public readonly record struct DagPbLink(Cid Hash, string? Name = null, ulong? Tsize = null);
