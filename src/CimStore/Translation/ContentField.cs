namespace CimStore.Translation;

/// <summary>Where the bytes of a Store are in the event, and how they are written there.</summary>
public sealed record ContentField(JsonPointer At, ContentEncoding Encoding, bool IsOptional);
