namespace CimStore.Translation;

/// <summary>What a value has to look like, and what it then means.</summary>
/// <param name="Words">For an error: what is allowed.</param>
/// <param name="Read">Null when the value does not have the form.</param>
public sealed record FieldForm<T>(string Words, Func<Scalar, FieldValue<T>?> Read);
