namespace CimStore.Objects;

/// <summary>Why content is kept: a name in a namespace, or (without a name) an explicit pin.</summary>
public sealed record Reference(OwnerId Owner, NamespaceId Namespace, string? Name);
