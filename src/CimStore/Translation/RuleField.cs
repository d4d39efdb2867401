namespace CimStore.Translation;

/// <summary>
/// Where a value of a command comes from: the place in the event, else the default; a literal has no place. What has
/// neither default nor the word "optional" must be in the event.
/// </summary>
public sealed record RuleField<T>(JsonPointer? At, FieldForm<T> Form, FieldValue<T>? Default, bool IsOptional);
