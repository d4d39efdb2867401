namespace CimStore.Server.Configuration;

/// <summary>A key of an object and its value.</summary>
/// <param name="NameStart">Where the key begins, in bytes.</param>
public sealed record JsonPropertyAt(string Name, int NameStart, JsonNodeAt Value);
