namespace CimStore.Translation;

/// <summary>A value that is there; without it nothing could be told from a default.</summary>
public readonly record struct FieldValue<T>(T Value);
